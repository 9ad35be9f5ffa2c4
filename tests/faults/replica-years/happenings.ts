import type { Actor } from '../../../server/license/events.ts'
import type { LicenseService } from '../../../server/license/service.ts'
import type { Place, Process } from './place.ts'
import type { createMachineClock } from './process.ts'
import { startProcess } from './process.ts'
import type { License } from './vendor.ts'
import type { StrikePoint, World } from './world.ts'

/* What befalls an installation in a year: outages, partitions, deaths, freezes, clocks that jump, and people. Ms. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const ADMIN: Actor = { kind: 'user', email: 'admin@customer.example', address: null }

export type Machine = Place & { readonly clock: ReturnType<typeof createMachineClock> }

export interface Stage {
  world: World
  machines: readonly Machine[]
  /** Moves the database's clock. */
  moveClock(by: number): void
  /** Whether it ever does. */
  clockJumps: boolean
  /** Of the time between two things that happen, the mean. */
  every: number
  /** Something is wrong until the function it returns is called. */
  trouble(): () => void
}

export interface Happenings {
  /** Lets the first of many things happen. */
  begin(): void
  strike(process: Process, point: StrikePoint): void
}

export function createHappenings(stage: Stage): Happenings {
  const { world, machines, trouble } = stage
  const { timeline, fate, vendor, judge, tell } = world
  const after = (ms: number, happen: () => void) => timeline.at(timeline.now + ms, happen)

  /** Makes something so for a while. */
  function during(ms: number, who: string, what: string, begin: () => void, end: () => void): void {
    tell(who, `${what} for ${ms} ms`)
    const over = trouble()
    begin()
    world.disturb()
    after(ms, () => {
      over()
      end()
      tell(who, `no longer ${what}`)
      world.disturb()
    })
  }

  const vendorAway = (ms: number) => during(ms, 'vendor', 'away', () => { world.vendorUp = false }, () => { world.vendorUp = true })
  const databaseAway = (ms: number) => during(ms, 'database', 'away', () => { world.database.up = false }, () => { world.database.up = true })
  const cutRoute = (place: Machine, ms: number) => during(ms, `m${place.n}`, 'cut off from the vendor', () => { place.route = false }, () => { place.route = true })
  const cutLine = (place: Machine, ms: number) => during(ms, `m${place.n}`, 'cut off from the database', () => {
    place.line = false
    if (place.process) judge.excuse(place.process)
  }, () => { place.line = true })

  function freeze(process: Process, ms: number): void {
    if (process.frozen || !process.alive) return
    during(ms, process.name, 'frozen', () => {
      process.frozen = true
      judge.excuse(process)
    }, () => process.thaw())
  }

  function kill(place: Machine, downFor: number): void {
    const { process } = place
    if (!process) return
    during(downFor, process.name, 'dead', () => {
      judge.excuse(process)
      process.alive = false
      place.process = null
    }, () => startProcess(world, place))
  }

  function powerOff(place: Machine, ms: number): void {
    kill(place, ms)
    after(ms - 1, () => place.clock.reboot())
  }

  /** As a rolling upgrade does it. */
  function restart(place: Machine): void {
    const { process } = place
    if (!process?.service) return
    tell(process.name, 'stops')
    judge.excuse(process)
    void process.service.stop()
    after(fate.between(100, 8000), () => {
      if (process.alive) kill(place, fate.between(100, 5000))
    })
  }

  function jump(): void {
    const by = fate.pick([-1, 1]) * fate.around(10 * SECOND, 12 * DAY)
    const over = trouble()
    tell('database', `its clock jumps by ${by} ms`)
    if (by > 0) judge.excuseAll()
    stage.moveClock(by)
    world.disturb()
    after(fate.around(MINUTE, 3 * DAY), () => {
      // A clock that stays wrong is trouble for as long as it does.
      if (fate.chance(0.3)) return
      over()
      tell('database', 'its clock is repaired')
      if (by < 0) judge.excuseAll()
      stage.moveClock(-by)
      world.disturb()
    })
  }

  function ask(what: string, act: (service: LicenseService) => Promise<void>): void {
    const process = fate.pick(machines).process
    if (!process?.service || process.frozen) return
    tell(process.name, `an administrator: ${what}`)
    world.disturb()
    process.touched = true
    act(process.service).then(() => tell(process.name, `done: ${what}`), (error: Error) => tell(process.name, `${what}: ${error.message}`))
  }
  const save = ({ key, sub }: License) => ask(`saves ${sub}`, service => service.save({ credential: key, actor: ADMIN }))

  function remove(): void {
    ask('removes', service => service.remove({ actor: ADMIN }))
    after(fate.around(SECOND, 5 * DAY), saveOnce)
  }

  /** Until it is done, however often it takes. */
  function saveOnce(): void {
    const license = fate.pick(vendor.licenses)
    let isDone = false
    ask(`saves ${license.sub}`, async (service) => {
      await service.save({ credential: license.key, actor: ADMIN })
      isDone = true
    })
    after(HOUR, () => {
      if (!isDone) saveOnce()
    })
  }

  function judgeLicense(): void {
    const license = fate.pick(vendor.licenses)
    if (license.verdict !== null) return
    license.verdict = fate.pick(['revoked', 'suspended', 'bound_elsewhere'])
    tell('vendor', `${license.sub} is ${license.verdict}`)
    const over = trouble()
    after(fate.around(HOUR, 5 * DAY), () => {
      license.verdict = null
      over()
      tell('vendor', `${license.sub} is good again`)
    })
  }

  /** Renews a license around the end of its term, mostly in time. */
  function renewWhenDue(license: License): void {
    timeline.at(license.exp * SECOND + fate.between(-10 * DAY, fate.chance(0.2) ? 2 * DAY : 0), () => {
      const over = trouble()
      license.exp += fate.between(30, 400) * 86_400
      tell('vendor', `${license.sub} is renewed`)
      after(SECOND, over)
      renewWhenDue(license)
    })
  }

  const COMMON: readonly (() => void)[] = [
    () => vendorAway(fate.around(MINUTE, DAY)),
    () => databaseAway(fate.around(SECOND, 10 * MINUTE)),
    () => cutLine(fate.pick(machines), fate.around(SECOND, 30 * MINUTE)),
    () => cutRoute(fate.pick(machines), fate.around(MINUTE, 2 * DAY)),
    () => { const { process } = fate.pick(machines); if (process) freeze(process, fate.around(SECOND, HOUR)) },
    () => kill(fate.pick(machines), fate.around(100, 10 * MINUTE)),
    () => { machines.forEach((place, nth) => after(nth * 10 * SECOND, () => restart(place))) },
    () => ask('checks in', service => service.checkIn(ADMIN)),
    () => save(fate.pick(vendor.licenses)),
  ]
  const RARE: readonly (() => void)[] = [
    () => vendorAway(fate.between(6 * DAY, 9 * DAY)),
    () => databaseAway(fate.around(10 * MINUTE, 15 * DAY)),
    () => powerOff(fate.pick(machines), fate.around(MINUTE, 10 * DAY)),
    () => { const ms = fate.around(MINUTE, 15 * DAY); for (const place of machines) powerOff(place, ms + fate.between(0, MINUTE)) },
    remove,
    judgeLicense,
  ]

  function happen(): void {
    const what = stage.clockJumps && fate.chance(0.15) ? jump : fate.pick(fate.chance(0.25) ? RARE : COMMON)
    // Whoever slept through a calm has stored the time since, as it would have done every half minute.
    world.disturb()
    after(fate.between(SECOND, 30 * SECOND), what)
    after(fate.between(0, 2 * stage.every), happen)
  }

  const STRIKES: readonly ((process: Process, place: Machine) => void)[] = [
    (_, place) => kill(place, fate.around(100, 2 * MINUTE)),
    process => freeze(process, fate.around(SECOND, 5 * MINUTE)),
    (_, place) => cutLine(place, fate.around(SECOND, 5 * MINUTE)),
    () => databaseAway(fate.around(SECOND, 3 * MINUTE)),
    (_, place) => cutRoute(place, fate.around(SECOND, MINUTE)),
    (_, place) => restart(place),
    () => ask('checks in', service => service.checkIn(ADMIN)),
    () => save(fate.pick(vendor.licenses)),
  ]

  return {
    begin() {
      for (const license of vendor.licenses) renewWhenDue(license)
      saveOnce()
      after(fate.between(0, 2 * stage.every), happen)
    },
    strike(process, point) {
      const place = machines[process.place.n]
      if (!place || !process.alive || process.frozen || !fate.chance(point === 'sent' ? 0.1 : 0.2)) return
      tell(process.name, `is struck, ${point}`)
      if (stage.clockJumps && fate.chance(0.1)) jump()
      else fate.pick(STRIKES)(process, place)
    },
  }
}
