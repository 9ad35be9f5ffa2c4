/*
 * The one list of variables the product reads. The reader, `check`, the hint about misspelt names and the README's table follow
 * it.
 */

export interface Variable {
  name: string
  /** May come from the file that `<name>_FILE` names, and is never shown. */
  secret: boolean
}

const plain = (name: string): Variable => ({ name, secret: false })
const secret = (name: string): Variable => ({ name, secret: true })

export const VARIABLES = [
  plain('PORT'), plain('HOST'), secret('DATABASE_URL'), plain('NC_PUBLIC_URL'), plain('NC_TRUST_PROXY'),
  plain('NC_LICENSE_SERVER_URL'), secret('NC_LICENSE_KEY'), plain('NC_ADMIN_EMAIL'), secret('NC_ADMIN_PASSWORD'),
  secret('NC_ADMIN_TOKEN'), secret('NC_SESSION_SECRET'), secret('NC_SERVICE_TOKEN'), plain('NC_EVENTS_KEEP_DAYS'),
  plain('NC_LOG_FORMAT'), plain('NC_LOG_LEVEL'),
  plain('HTTPS_PROXY'), plain('HTTP_PROXY'), plain('NO_PROXY'), plain('NODE_EXTRA_CA_CERTS'),
] as const satisfies readonly Variable[]

/** Read only by the build. They may still be set at run time, so they are not reported as misspelt. */
const OF_THE_BUILD = ['NC_LICENSE_JWKS_FILE', 'NC_LICENSE_BUILD', 'NC_BUILD_COMMIT']

const FILES = VARIABLES.filter(variable => variable.secret).map(({ name }) => `${name}_FILE`)
const KNOWN: ReadonlySet<string> = new Set([...VARIABLES.map(({ name }) => name), ...FILES, ...OF_THE_BUILD])
const OURS = [...KNOWN].filter(name => name.startsWith('NC_'))

/** A name that differs by more letters is somebody else's: NocoDB itself reads a hundred NC_ variables. */
const SLIPS = 2

/** One sentence for each variable that is set and not read, but looks as if it was meant to be. */
export function misspeltVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).filter(name => /^nc_/i.test(name) && !KNOWN.has(name) && env[name]?.trim()).flatMap((name) => {
    const whole = VARIABLES.find(variable => name === `${variable.name}_FILE`)
    if (whole) return [`${name} is not read: ${whole.name} is not a secret, so it cannot come from a file`]
    const meant = OURS.find(ours => editDistance(name.toUpperCase(), ours) <= SLIPS)
    return meant ? [`${name} is not read; was ${meant} meant?`] : []
  })
}

/** The number of letters to insert, drop, replace, or swap with their neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let column = 1; column <= b.length; column++) {
      const differs = a[row - 1] === b[column - 1] ? 0 : 1
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      line.push(Math.min(
        (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, (above[column - 1] ?? 0) + differs,
        swapped ? (before[column - 2] ?? 0) + 1 : Infinity,
      ))
    }
    before = above
    above = line
  }
  return above[b.length] ?? 0
}
