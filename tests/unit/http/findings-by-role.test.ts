import type { EventHandler } from 'h3'
import { describe, expect, it } from 'vitest'
import diagnosticsRoute from '../../../server/api/license/diagnostics.get.ts'
import { handle } from '../../../server/http/handle.ts'
import { sessionCookieName } from '../../../server/http/session-cookie.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import type { Diagnostics } from '../../../shared/contracts.ts'
import { findingOf, seen } from '../../../shared/findings.ts'
import type { OperationName } from '../../../shared/operations.ts'
import { BY_ADA, FROM, PERSON } from '../../support/accounts-world.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import { openRunningApp } from '../../support/running-app.ts'
import { START } from '../../support/simulated-clock.ts'

/* What was found may name addresses and who logs in at a proxy: for administrators alone. */

const ADMIN_TOKEN = 'an-admin-token-of-more-than-32-characters'
const SERVICE_TOKEN = 'a-service-token-of-more-than-32-characters'
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const what = seen('NET_PROXY', 'proxy_login', { proxy: '10.1.2.3:3128', user: 'svc-nocodb', host: 'license.example' })
const WHOLE = what.facts
const REDACTED = { proxy: '•:3128', host: 'license.example' }

async function createDoor() {
  const running = await openRunningApp({ NC_ADMIN_TOKEN: ADMIN_TOKEN, NC_SERVICE_TOKEN: SERVICE_TOKEN })
  await running.accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
  const grace = { email: 'grace@customer.example', password: 'another horse battery' }
  await running.accounts.create({ ...grace, role: 'viewer' }, BY_ADA, FROM)
  const name = sessionCookieName({ basePath: '/', instanceId: running.app.license.instanceId, https: false })
  const cookieOf = async ({ email, password }: typeof grace) => ({ cookie: `${name}=${(await running.accounts.signIn(email, password, FROM)).token}` })
  const callers: Record<string, Record<string, string>> = {
    'an administrator': await cookieOf(PERSON), 'a viewer': await cookieOf(grace), 'a script of an administrator': bearer(ADMIN_TOKEN),
    'a service': bearer(SERVICE_TOKEN), 'a stranger': {},
  }
  const ask = async (handler: EventHandler, caller: string): Promise<unknown> =>
    handler(createHttpEvent({ headers: { host: 'panel.example', ...callers[caller] } }))
  return { ...running, ask }
}
const failing = (name: OperationName) => handle(name, () => { throw new LicenseError('NET_PROXY', { seen: what }) })

describe('the finding of an error', () => {
  it.each<[string, OperationName, object]>([
    ['an administrator', 'getLicense', WHOLE], ['a script of an administrator', 'getLicense', WHOLE], ['a viewer', 'getLicense', REDACTED],
    ['a service', 'getEntitlements', REDACTED], ['a stranger', 'live', REDACTED],
  ])('as %s sees it, of %s', async (caller, operation, facts) => {
    const { ask } = await createDoor()
    expect(await ask(failing(operation), caller)).toMatchObject({ statusCode: 502, data: { code: 'NET_PROXY', finding: { cause: 'proxy_login' } } })
    expect(Object(await ask(failing(operation), caller)).data.finding.facts).toEqual(facts)
  })
})

describe('the last run of diagnostics', () => {
  const RUN: Diagnostics = {
    ok: false, verdict: 'problem', ranAt: new Date(START).toISOString(),
    stages: [
      { stage: 'dns', result: 'ok', milliseconds: 3, code: null, remedy: null, finding: null, because: null, facts: { host: 'license.example', addresses: '10.0.0.1, ::1', cached: false } },
      { stage: 'proxy', result: 'failed', milliseconds: 5, code: 'NET_PROXY', remedy: 'Log in.', finding: findingOf(what, START), because: null, facts: { address: '10.1.2.3', port: 3128 } },
    ],
  }

  it('is none until there was one', async () => {
    const { ask } = await createDoor()
    expect(await ask(diagnosticsRoute, 'a viewer')).toEqual({ last: null })
  })

  it.each(['an administrator', 'a script of an administrator'])('is whole for %s', async (caller) => {
    const { ask, app } = await createDoor()
    await app.license.keepDiagnostics(RUN)
    expect(await ask(diagnosticsRoute, caller)).toEqual({ last: RUN })
  })

  it('has no address for a viewer, and all the rest', async () => {
    const { ask, app } = await createDoor()
    await app.license.keepDiagnostics(RUN)
    const [dns, proxy] = RUN.stages
    expect(await ask(diagnosticsRoute, 'a viewer')).toEqual({
      last: {
        ...RUN,
        stages: [
          { ...dns, facts: { host: 'license.example', addresses: '•, •', cached: false } },
          { ...proxy, finding: { ...findingOf(what, START), facts: REDACTED }, facts: { address: '•', port: 3128 } },
        ],
      },
    })
  })

  it.each([['a service', 'UNAUTHENTICATED'], ['a stranger', 'UNAUTHENTICATED']])('is nothing for %s', async (caller, code) => {
    const { ask } = await createDoor()
    expect(await ask(diagnosticsRoute, caller)).toMatchObject({ data: { code } })
  })
})
