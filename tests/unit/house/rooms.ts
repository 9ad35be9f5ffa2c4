/*
 * The house: which room a file belongs to, and which way imports lead. Rooms of one floor do not know each other; a file may
 * import its own room and the floors below. This is the one list: the test beside it holds product and tests to it.
 */

interface House {
  /** Rooms from the top floor to the ground: a file, or a folder with everything in it. The first that fits is the room. */
  floors: readonly (readonly string[])[]
  /** Other houses whose every floor it may use. */
  uses: readonly string[]
}

export const HOUSES: Readonly<Record<string, House>> = {
  server: {
    floors: [
      ['server/entry.ts'],
      ['server/api', 'server/routes', 'server/plugins', 'server/middleware', 'server/explain.ts', 'server/build', 'server/sri-hashes.d.ts', 'server/page-styles.d.ts', 'server/sandbox'],
      ['server/http'],
      ['server/runtime'],
      ['server/storage', 'server/license-server'],
      ['server/accounts'],
      ['server/license'],
    ],
    uses: ['words', 'shared'],
  },
  // Data, for the screen and for whatever has none: the command line and scripts.
  words: {
    floors: [['app/locales']],
    uses: [],
  },
  app: {
    floors: [
      ['app/pages', 'app/layouts', 'app/middleware', 'app/plugins', 'app/app.vue', 'app/error.vue', 'app/router.options.ts'],
      ['app/components'],
      ['app/composables'],
      ['app/stores'],
      ['app/license'],
      ['app/api', 'app/words', 'app/ant', 'app/first-paint'],
    ],
    uses: ['words', 'shared'],
  },
  shared: {
    floors: [['shared/operations.ts'], ['shared/schemas.ts'], ['shared']],
    uses: [],
  },
  tests: {
    floors: [
      [
        'tests/unit', 'tests/storage', 'tests/api', 'tests/e2e', 'tests/faults', 'tests/gallery', 'tests/bench', 'tests/lighthouse',
        'tests/diagnosis', 'tests/license-server', 'tests/product', 'tests/vitest.config.ts',
      ],
      ['tests/testing-kit'],
      ['tests/support'],
    ],
    uses: ['server', 'app', 'words', 'shared'],
  },
}

/** What stays closed although it is on a floor below, with the reason. */
const CLOSED: readonly { from: string, to: string, why: string }[] = [
  { from: 'app', to: 'shared/schemas.ts', why: 'zod stays out of the browser' },
  { from: 'app', to: 'shared/operations.ts', why: 'zod stays out of the browser' },
  { from: 'server/api', to: 'server/storage', why: 'a route asks a service, never a table' },
  { from: 'server/routes', to: 'server/storage', why: 'a route asks a service, never a table' },
]

export interface Arrow { from: string, to: string }

/** Says what is wrong with one import, or undefined. */
export function judgeArrow({ from, to }: Arrow): string | undefined {
  const [source, target] = [placeOf(from), placeOf(to)]
  const arrow = `${from} imports ${to}`
  if (!source) return `${from} stands in no room: give it one in tests/unit/house/rooms.ts`
  if (!target) return `${to} stands in no room: give it one in tests/unit/house/rooms.ts`
  const closed = CLOSED.find(rule => isIn(rule.from, from) && isIn(rule.to, to))
  if (closed) return `${arrow}: ${closed.to} is closed to ${closed.from}, for ${closed.why}`
  if (source.house !== target.house) {
    const uses = HOUSES[source.house]?.uses ?? []
    return uses.includes(target.house) ? undefined : `${arrow}: ${source.house}/ may use ${uses.join(' and ') || 'nothing'} only, not ${target.house}/`
  }
  if (source.room === target.room || source.floor < target.floor) return undefined
  return source.floor === target.floor
    ? `${arrow}: ${source.room} and ${target.room} are on one floor and do not know each other`
    : `${arrow}: ${target.room} is above ${source.room}, and no arrow leads up`
}

function placeOf(file: string): { house: string, floor: number, room: string } | undefined {
  for (const [house, { floors }] of Object.entries(HOUSES)) {
    for (const [floor, rooms] of floors.entries()) {
      const room = rooms.find(each => isIn(each, file))
      if (room !== undefined) return { house, floor, room }
    }
  }
  return undefined
}

function isIn(room: string, file: string): boolean {
  return file === room || file.startsWith(`${room}/`)
}

/** Finds the circles among the arrows: each a path that ends where it begins, the shortest through its first file. */
export function findCircles(arrows: readonly Arrow[]): string[][] {
  const next = Map.groupBy(arrows, ({ from }) => from)
  const told = new Set<string>()
  return [...next.keys()].toSorted().flatMap((start) => {
    if (told.has(start)) return []
    const circle = shortestWayBack(start, file => (next.get(file) ?? []).map(({ to }) => to))
    for (const file of circle ?? []) told.add(file)
    return circle ? [circle] : []
  })
}

function shortestWayBack(start: string, importsOf: (file: string) => string[]): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const open = [start]
  for (let file = open.shift(); file !== undefined; file = open.shift()) {
    for (const to of importsOf(file)) {
      if (to === start) return pathTo(file, start, cameFrom)
      if (cameFrom.has(to)) continue
      cameFrom.set(to, file)
      open.push(to)
    }
  }
  return undefined
}

function pathTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [start]
  for (let file: string | undefined = end; file !== undefined && file !== start; file = cameFrom.get(file)) path.unshift(file)
  return [start, ...path]
}
