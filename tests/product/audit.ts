import { spawnSync } from 'node:child_process'

/*
 * No package that reaches the product may have a known vulnerability. Not every registry answers an audit: where this one
 * does not, that is said and nothing is claimed.
 */

const PATIENCE = 60_000
const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--loglevel=silent'], { encoding: 'utf8', timeout: PATIENCE, maxBuffer: 64 * 2 ** 20 })
const report = parse(stdout ?? '')
const vulnerabilities: unknown = report.vulnerabilities

if (typeof report.metadata !== 'object' || typeof vulnerabilities !== 'object' || vulnerabilities === null) {
  const reason = error?.message ?? report.message ?? Object(report.error).summary
  process.stdout.write(`No audit: the registry did not answer it${reason ? ` (${String(reason).slice(0, 200)})` : ''}.\n`)
}
else {
  const known = Object.entries(vulnerabilities)
  for (const [name, found] of known) process.stderr.write(`${name} ${String(Object(found).range ?? '')}: known vulnerability, ${String(Object(found).severity)}\n`)
  if (known.length > 0) process.exit(1)
}

/** npm puts warnings before its answer where the configuration is unknown to it. */
function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text.slice(Math.max(0, text.indexOf('{')))))
  }
  catch {
    return {}
  }
}
