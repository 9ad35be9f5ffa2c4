import { describe, expect, it } from 'vitest'
import type { Caller } from '../../../server/http/caller.ts'
import { actorOf, authorize, hasServiceToken, limitKeyOf, requireIdentity, requirePerson } from '../../../server/http/caller.ts'
import { peerOf } from '../../../server/http/peer.ts'
import { sessionCookieName } from '../../../server/http/session-cookie.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { setBase } from '../../../server/runtime/app.ts'
import type { Operation } from '../../../shared/operations.ts'
import { OPERATIONS } from '../../../shared/operations.ts'
import { BY_ADA, FROM, PERSON } from '../../support/accounts-world.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import { createBase, openRunningApp } from '../../support/running-app.ts'

const ADMIN_TOKEN = 'an-admin-token-of-more-than-32-characters'
const SERVICE_TOKEN = 'a-service-token-of-more-than-32-characters'
const GRACE = { email: 'grace@customer.example', password: 'another horse battery' }
const PEER = { address: FROM, network: FROM, origin: 'http://panel.example' }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const SCRIPT: Caller = { kind: 'token', role: 'admin' }
const ADA: Caller = { kind: 'user', id: '1', email: PERSON.email, role: 'admin', sessionId: 's' }

const TOKENS = { NC_ADMIN_TOKEN: ADMIN_TOKEN, NC_SERVICE_TOKEN: SERVICE_TOKEN }

async function createScene() {
  const { app, accounts, lines } = await openRunningApp(TOKENS)
  await accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
  await accounts.create({ ...GRACE, role: 'viewer' }, BY_ADA, FROM)
  const name = sessionCookieName({ basePath: '/', instanceId: app.license.instanceId, https: false })
  const cookieOf = async ({ email, password }: typeof GRACE) => ({ cookie: `${name}=${(await accounts.signIn(email, password, FROM)).token}` })
  const callers = {
    nobody: {}, ended: { cookie: `${name}=${'x'.repeat(43)}` }, malformed: { cookie: `${name}=x` },
    viewer: await cookieOf(GRACE), admin: await cookieOf(PERSON), script: bearer(ADMIN_TOKEN), service: bearer(SERVICE_TOKEN), stranger: bearer('wrong'),
  }
  /** Who the call is taken to come from, or the code of the refusal. */
  async function asked(operation: Operation, by: keyof typeof callers): Promise<unknown> {
    const event = createHttpEvent({ headers: callers[by] })
    return authorize(event, operation, peerOf(event, app.config)).then(
      caller => caller?.kind === 'user' ? caller.email : caller, (error: unknown) => error instanceof LicenseError ? error.code : error)
  }
  return { asked, lines }
}

const REFUSED = 'UNAUTHENTICATED'
const ASKING = ['nobody', 'viewer', 'admin', 'script', 'service', 'stranger'] as const
/** What becomes of a call by each of them, in that order. */
const ACCESS: [string, Operation, unknown[]][] = [
  ['anyone may make', OPERATIONS.login, Array(6).fill(undefined)],
  ['a person or a script may make', OPERATIONS.getLicense, [REFUSED, GRACE.email, PERSON.email, SCRIPT, REFUSED, REFUSED]],
  ['only a person may make', OPERATIONS.getSession, [REFUSED, GRACE.email, PERSON.email, 'FORBIDDEN', REFUSED, REFUSED]],
  ['only an administrator may make', OPERATIONS.listUsers, [REFUSED, 'FORBIDDEN', PERSON.email, SCRIPT, REFUSED, REFUSED]],
  ['a service may make too', OPERATIONS.getEntitlements, [REFUSED, GRACE.email, PERSON.email, SCRIPT, undefined, REFUSED]],
  ['only a service may make', OPERATIONS.putUsage, [REFUSED, REFUSED, REFUSED, REFUSED, undefined, REFUSED]],
]

describe('a call that', () => {
  it.each(ACCESS)('%s is let through for those alone', async (_, operation, expected) => {
    const { asked } = await createScene()
    const found: unknown[] = []
    for (const by of ASKING) found.push(await asked(operation, by))
    expect(found).toEqual(expected)
  })

  it('comes with the cookie of a session that is over, or of none, is nobody\'s', async () => {
    const { asked } = await createScene()
    expect([await asked(OPERATIONS.getLicense, 'ended'), await asked(OPERATIONS.getLicense, 'malformed')]).toEqual([REFUSED, REFUSED])
  })

  it('is for people is no attempt of a script to guess a token', async () => {
    const { asked, lines } = await createScene()
    await asked(OPERATIONS.getSession, 'script')
    expect(lines.filter(({ msg }) => msg === 'bearer token refused')).toEqual([])
  })
})

describe('a service', () => {
  it.each([
    [bearer(SERVICE_TOKEN), true], [bearer(ADMIN_TOKEN), false], [bearer('wrong'), false],
    [{ authorization: 'Bearer' }, false], [{ authorization: SERVICE_TOKEN }, false], [{}, false],
  ])('is known by its token alone: %j', (headers, known) => {
    setBase(createBase(TOKENS).base)
    expect(hasServiceToken(createHttpEvent({ headers }))).toBe(known)
  })
})

describe('whoever called', () => {
  it('is recorded with their address, a person by e-mail', () => {
    expect(actorOf({ identity: ADA, peer: PEER })).toEqual({ kind: 'user', email: PERSON.email, address: FROM })
    expect(actorOf({ identity: SCRIPT, peer: PEER })).toEqual({ kind: 'token', address: FROM })
  })

  it('is limited by account, all scripts together', () => {
    expect([limitKeyOf(ADA), limitKeyOf({ ...ADA, email: GRACE.email }), limitKeyOf(SCRIPT)]).toEqual([PERSON.email, GRACE.email, 'token'])
  })

  it('has an account of their own only as a person', () => {
    expect(requirePerson(ADA)).toBe(ADA)
    expect(() => requirePerson(SCRIPT)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
  })

  it('without a name is refused wherever one is needed', () => {
    const needs = [requireIdentity, requirePerson, limitKeyOf, (identity: Caller | undefined) => actorOf({ identity, peer: PEER })]
    for (const need of needs) expect(() => need(undefined)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }))
  })
})
