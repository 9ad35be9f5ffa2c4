import { readFileSync } from 'node:fs'

/*
 * The lock file must fit package.json, and no package may bring an install script that nobody has looked at: `.npmrc` lets
 * none run, so one that is needed would be missing. `allowScripts` in package.json lists the packages that have one.
 */

type Entry = { version?: string, hasInstallScript?: boolean, link?: boolean }
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
const { packages = {} } = Object(read('package-lock.json')) as { packages?: Record<string, Entry & Record<string, unknown>> }
const manifest = Object(read('package.json')) as Record<string, Record<string, string> | undefined>
const allowed = Object.entries(Object(manifest.allowScripts))

const problems: string[] = []
for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
  const wanted = JSON.stringify(sorted(manifest[kind]))
  const locked = JSON.stringify(sorted(packages['']?.[kind]))
  if (wanted !== locked) problems.push(`package-lock.json does not fit the ${kind} of package.json; run npm install`)
}
const withScript = new Set(Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)
  .map(([path]) => path.split('node_modules/').at(-1) ?? ''))
for (const name of withScript) {
  if (!allowed.some(([known]) => known === name)) problems.push(`${name} has an install script that "allowScripts" in package.json does not list`)
}
for (const [name, allows] of allowed) {
  if (!withScript.has(name)) problems.push(`"allowScripts" in package.json lists ${name}, which has no install script`)
  if (allows !== false) problems.push(`"allowScripts" in package.json lets ${name} run its install script`)
}
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`)
  process.exit(1)
}

function sorted(value: unknown): [string, unknown][] {
  return Object.entries(Object(value)).sort(([a], [b]) => a < b ? -1 : 1)
}
