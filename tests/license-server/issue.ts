import { z } from 'zod'
import { INSTANCE_ID, limitsSchema, MAX_TERM } from '../../server/license/claims.ts'
import { createVendorClock } from './clock.ts'
import { DEFAULT_DAYS, DEFAULT_FEATURES, DEFAULT_ORGANIZATION, DEFAULT_PLAN, DEFAULT_SEATS } from './named-keys.ts'
import { draftOf, signDraft } from './signing.ts'
import { problemsOf } from './problems.ts'
import { offlineClaims } from './statements.ts'
import { offlineLicense } from './token-desk.ts'

const MAX_DAYS = MAX_TERM / 86_400

export const USAGE = `Usage:
  npm run license-server
      Starts the sandbox license server on 127.0.0.1:4100. PORT and HOST change that; PORT=0 takes any free port.
  npm run license-server -- issue --method offline --instance <Instance ID> [options]
      Prints an offline token for that installation, and nothing else. The options and their defaults:
         [--days ${DEFAULT_DAYS}] [--plan ${DEFAULT_PLAN}] [--seats ${DEFAULT_SEATS}|unlimited] [--key nc_...]
         [--features ${DEFAULT_FEATURES.join(',')}] [--organization "${DEFAULT_ORGANIZATION}"]
         [--limits limit_workspace=5,limit_editor=unlimited]`

const whole = (low: number, high: number, message: string) =>
  z.string().regex(/^\d{1,9}$/, message).transform(Number).refine(value => value >= low && value <= high, message)
const listMessage = 'must be names separated by commas'

const limitMessage = 'must be name=number or name=unlimited, separated by commas, each name beginning with limit_'
/** `limit_workspace=5,limit_editor=unlimited` as the claim says it. */
const limits = z.string().transform(list => Object.fromEntries(list.split(',').map((entry) => {
  const [name = '', value = ''] = entry.split('=').map(part => part.trim())
  return [name, value === 'unlimited' ? null : /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN]
}))).refine(value => limitsSchema.safeParse(value).success, limitMessage)

const orderSchema = z.strictObject({
  method: z.literal('offline', 'must be offline; the other methods exchange a key for a lease'),
  instance: z.string('is required').regex(INSTANCE_ID, 'must be 32 lower-case hex digits, as NocoDB logs it'),
  days: whole(1, MAX_DAYS, `must be a whole number from 1 to ${MAX_DAYS}`).default(DEFAULT_DAYS),
  plan: z.string().min(1, 'must not be empty').default(DEFAULT_PLAN),
  seats: z.string().regex(/^(unlimited|\d{1,9})$/, 'must be a whole number, or unlimited')
    .transform(value => value === 'unlimited' ? null : Number(value)).default(DEFAULT_SEATS),
  key: z.string().regex(/^nc_[\w-]{5,253}$/, 'must be a license key that starts with nc_').optional(),
  features: z.string().transform(list => list.split(',').map(name => name.trim()))
    .refine(names => names.every(name => name !== ''), listMessage).default([...DEFAULT_FEATURES]),
  organization: z.string().min(1, 'must not be empty').default(DEFAULT_ORGANIZATION),
  limits: limits.optional(),
})
type Order = z.output<typeof orderSchema>

/** The options, `--name value` or `--name=value`; whatever else is given is a problem. */
function readOptions(args: readonly string[]): { options: Map<string, string>, problems: string[] } {
  const options = new Map<string, string>()
  const problems: string[] = []
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, inline] = /^--([^=]+)(?:=([^]*))?$/.exec(arg) ?? []
    const value = inline ?? (name === undefined || rest[0]?.startsWith('--') ? undefined : rest.shift())
    if (name === undefined) problems.push(`${arg}: is no option`)
    else if (value === undefined) problems.push(`--${name}: needs a value`)
    else if (options.has(name)) problems.push(`--${name}: is given more than once`)
    else options.set(name, value)
  }
  return { options, problems }
}

function readOrder(args: readonly string[]): Order | { problems: string[] } {
  const { options, problems } = readOptions(args)
  const parsed = orderSchema.safeParse(Object.fromEntries(options))
  if (problems.length > 0) return { problems }
  return parsed.success ? parsed.data : { problems: problemsOf(parsed.error, path => `--${path}`) }
}

/** Issues an offline token as the arguments after `issue` say, or names what is wrong with them. */
export async function issueFromArguments(args: readonly string[]): Promise<{ token: string } | { problems: string[] }> {
  const order = readOrder(args)
  if ('problems' in order) return order
  const { instance, days, plan, seats, key, features, organization, limits } = order
  const clock = createVendorClock().of({})
  const license = { ...offlineLicense(instance, key, days, clock), plan, seats, features, organization, limits }
  return { token: await signDraft(draftOf('offline', offlineClaims(license, instance, clock))) }
}
