import type { z } from 'zod'
import type { VendorClock } from './clock.ts'
import { changeLicenseSchema, clockSchema, createLicenseSchema, issueTokenSchema } from '../support/vendor/control-protocol.ts'
import type { CreatedLicense, Fork, LicenseState, RecordedRequest } from '../support/vendor/control-protocol.ts'
import type { FaultQueue } from './fault-queue.ts'
import { faultRequestSchema } from '../support/vendor/fault-types.ts'
import type { FaultRequest } from '../support/vendor/fault-types.ts'
import type { ForkWatch } from './forks.ts'
import { stateOf } from './licenses.ts'
import type { LicenseBook } from './licenses.ts'
import type { RequestLog } from './request-log.ts'
import { issueToOrder } from './token-desk.ts'

export interface ControlParts {
  clock: VendorClock
  licenses: LicenseBook
  forks: ForkWatch
  faults: FaultQueue
  requests: RequestLog
}

type Answer =
  | CreatedLicense | LicenseState | RecordedRequest[] | Fork[] | FaultRequest[]
  | { token: string } | { error: string } | Record<string, never>
interface ControlAnswer { status: number, body: Answer }
type Handler = (body: unknown, key: string) => ControlAnswer | Promise<ControlAnswer>

const done: ControlAnswer = { status: 200, body: {} }
const ok = (body: Answer): ControlAnswer => ({ status: 200, body })
const noSuchLicense: ControlAnswer = { status: 404, body: { error: 'There is no license with this key.' } }

/** A handler that runs on what the schema accepts and answers 400, with what is wrong, to the rest. */
function taking<T>(
  schema: z.ZodType<T>, run: (input: T, key: string) => ControlAnswer | Promise<ControlAnswer>,
): Handler {
  return (body, key) => {
    const parsed = schema.safeParse(body)
    if (parsed.success) return run(parsed.data, key)
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
    return { status: 400, body: { error: problems.join('; ') } }
  }
}

function handlers({ clock, licenses, forks, faults, requests }: ControlParts): Record<string, Handler> {
  return {
    'POST reset': () => {
      clock.shift(0)
      for (const part of [licenses, forks]) part.reset()
      for (const part of [faults, requests]) part.clear()
      return done
    },
    'POST licenses': taking(createLicenseSchema, (wanted) => {
      const license = licenses.create(wanted)
      if (!license) return { status: 409, body: { error: 'There is a license with this key already.' } }
      return ok({ key: license.key, licenseId: license.licenseId })
    }),
    'PATCH licenses/': taking(changeLicenseSchema, (change, key) => {
      const license = licenses.change(key, change)
      return license ? ok(stateOf(license)) : noSuchLicense
    }),
    'GET licenses/': (_body, key) => {
      const license = licenses.getByKey(key)
      return license ? ok(stateOf(license)) : noSuchLicense
    },
    'POST tokens': taking(issueTokenSchema, async order => ok({ token: await issueToOrder(order, licenses, clock) })),
    'GET requests': () => ok(requests.list()),
    'DELETE requests': () => {
      requests.clear()
      return done
    },
    'GET faults': () => ok(faults.list()),
    'POST faults': taking(faultRequestSchema, (fault) => {
      faults.add(fault)
      return done
    }),
    'DELETE faults': () => {
      faults.clear()
      return done
    },
    'POST clock': taking(clockSchema, ({ offsetSeconds }) => {
      clock.shift(offsetSeconds)
      return done
    }),
    'GET forks': () => ok(forks.list()),
  }
}

/** The control API, from method, path under `/__sandbox/` and parsed body to status and JSON body. */
export function createControlApi(parts: ControlParts) {
  const table = new Map(Object.entries(handlers(parts)))
  return async (method: string, path: string, body: unknown): Promise<ControlAnswer> => {
    const [, name = '', key = ''] = /^\/__sandbox\/([a-z]+\/?)(.*)$/.exec(path) ?? []
    const handler = name.endsWith('/') === (key !== '') ? table.get(`${method} ${name}`) : undefined
    return handler ? handler(body, key) : { status: 404, body: { error: 'There is no such control call.' } }
  }
}
