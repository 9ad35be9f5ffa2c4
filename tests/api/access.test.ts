import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, it } from 'vitest'
import { OPERATIONS } from '../../shared/operations.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient, signIn } from '../support/api-client.ts'
import { ADMIN, ADMIN_TOKEN, SERVICE_TOKEN } from '../support/product-process.ts'
import { addViewer, useStand, VIEWER } from '../support/stand.ts'

/*
 * Who may call what, written down by hand and not read from shared/operations.ts: a slip in that table must show here. Every
 * call is one that fails late or changes nothing, so that its status says how far it came: 400, 402, 404, 409 and 422 are
 * answered to those alone who may ask.
 */

const CALLERS = ['nobody', 'a viewer', 'an administrator', 'a service token', 'an admin token', 'a wrong token', 'an ended session'] as const
type Caller = (typeof CALLERS)[number]
/** One for each caller, in that order. */
type Statuses = readonly [number, number, number, number, number, number, number]
type Row = readonly [call: string, body: unknown, statuses: Statuses]

const TABLE: Readonly<Record<keyof typeof OPERATIONS, Row>> = {
  //                                                                             nobody viewer admin service admin-token wrong ended
  login: ['POST /api/auth/login', {}, [400, 400, 400, 400, 400, 400, 400]],
  logout: ['POST /api/auth/logout', {}, [204, 204, 204, 204, 204, 204, 204]],
  getSetup: ['GET /api/auth/setup', undefined, [200, 200, 200, 200, 200, 200, 200]],
  setup: ['POST /api/auth/setup', {}, [400, 400, 400, 400, 400, 400, 400]],
  getSession: ['GET /api/auth/session', undefined, [401, 200, 200, 401, 403, 401, 401]],
  changePassword: ['PUT /api/auth/password', {}, [401, 400, 400, 401, 403, 401, 401]],

  listUsers: ['GET /api/users', undefined, [401, 403, 200, 401, 200, 401, 401]],
  createUser: ['POST /api/users', {}, [401, 403, 400, 401, 400, 401, 401]],
  updateUser: ['PATCH /api/users/nobody', { role: 'viewer' }, [401, 403, 404, 401, 404, 401, 401]],
  deleteUser: ['DELETE /api/users/nobody', {}, [401, 403, 404, 401, 404, 401, 401]],

  getLicense: ['GET /api/license', undefined, [401, 200, 200, 401, 200, 401, 401]],
  previewLicense: ['POST /api/license/preview', { credential: 'nc_demo_standard' }, [401, 200, 200, 401, 200, 401, 401]],
  rehearse: ['POST /api/license/what-if', {}, [401, 200, 200, 401, 200, 401, 401]],
  saveLicense: ['PUT /api/license', { credential: 'no credential' }, [401, 403, 422, 401, 422, 401, 401]],
  putBack: ['POST /api/license/previous', {}, [401, 403, 404, 401, 404, 401, 401]],
  removeLicense: ['DELETE /api/license', {}, [401, 403, 409, 401, 409, 401, 401]],
  checkIn: ['POST /api/license/check-in', {}, [401, 403, 409, 401, 409, 401, 401]],
  diagnose: ['POST /api/license/diagnostics', {}, [401, 403, 200, 401, 200, 401, 401]],
  getDiagnostics: ['GET /api/license/diagnostics', undefined, [401, 200, 200, 401, 200, 401, 401]],
  listCheckIns: ['GET /api/license/check-ins', undefined, [401, 200, 200, 401, 200, 401, 401]],
  listEvents: ['GET /api/license/events', undefined, [401, 200, 200, 401, 200, 401, 401]],
  exportEvents: ['GET /api/license/events/export', undefined, [401, 200, 200, 401, 200, 401, 401]],
  getSupportBundle: ['GET /api/license/support-bundle', undefined, [401, 200, 200, 401, 200, 401, 401]],
  getActivationRequest: ['GET /api/license/activation-request', undefined, [401, 200, 200, 401, 200, 401, 401]],
  getOutbound: ['GET /api/license/outbound', undefined, [401, 200, 200, 401, 200, 401, 401]],

  getEntitlements: ['GET /api/entitlements', undefined, [401, 200, 200, 200, 200, 401, 401]],
  listFeatures: ['GET /api/features', undefined, [401, 200, 200, 200, 200, 401, 401]],
  checkFeature: ['GET /api/features/sso', undefined, [401, 402, 402, 402, 402, 401, 401]],
  putUsage: ['PUT /api/usage', { seats: 1 }, [401, 401, 401, 204, 401, 401, 401]],
  metrics: ['GET /metrics', undefined, [401, 401, 401, 200, 401, 401, 401]],

  live: ['GET /api/health/live', undefined, [200, 200, 200, 200, 200, 200, 200]],
  ready: ['GET /api/health/ready', undefined, [200, 200, 200, 200, 200, 200, 200]],
  openapi: ['GET /api/openapi.json', undefined, [200, 200, 200, 200, 200, 200, 200]],
}

const stand = useStand({ NC_ADMIN_TOKEN: ADMIN_TOKEN })
beforeAll(async () => {
  await addViewer(stand.admin, stand.product)
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const withToken = (token: string) => async () => ({ client: createApiClient(stand.product.url), headers: bearer(token) })
const signedIn = (account: { email: string, password: string }) => async () => ({ client: await signIn(stand.product.url, account), headers: {} })

/** A caller for one call: some calls end a session. */
const arrive: Readonly<Record<Caller, () => Promise<{ client: ApiClient, headers: Record<string, string> }>>> = {
  'nobody': async () => ({ client: createApiClient(stand.product.url), headers: {} }),
  'a viewer': signedIn(VIEWER),
  'an administrator': signedIn(ADMIN),
  'a service token': withToken(SERVICE_TOKEN),
  'an admin token': withToken(ADMIN_TOKEN),
  'a wrong token': withToken('x'.repeat(ADMIN_TOKEN.length)),
  'an ended session': async () => {
    const caller = await signedIn(ADMIN)()
    const database = new DatabaseSync(stand.product.databaseFile, { timeout: 10_000 })
    database.exec('UPDATE sessions SET expires_at = created_at WHERE created_at = (SELECT max(created_at) FROM sessions)')
    database.close()
    return caller
  },
}

describe('F06: who may call what', () => {
  it('is written down here for every operation, as it is called', () => {
    const calls = Object.entries(OPERATIONS).map(([name, { method, path }]) => [name, `${method} ${path.replace(':id', 'nobody').replace(':name', 'sso')}`])
    expect(calls.toSorted()).toEqual(Object.entries(TABLE).map(([name, [call]]) => [name, call]).toSorted())
  })

  it.each(Object.entries(TABLE))('%s', async (_name, [call, body, statuses]) => {
    const [method = '', path = ''] = call.split(' ')
    const answers: [Caller, number][] = []
    for (const caller of CALLERS) {
      const { client, headers } = await arrive[caller]()
      answers.push([caller, (await client.request(method, path, body, headers)).status])
    }
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(CALLERS.map((caller, nth) => [caller, statuses[nth]])))
  })
})
