import { beforeEach, describe, expect, it } from 'vitest'
import { verifyServerLease } from '../../../server/license/token.ts'
import { seqMarkOf } from '../../../server/license/record.ts'
import { DAY, HOUR, leaseOf, offlineClaims, offlineToken, OTHER_INSTANCE } from '../../support/claims.ts'
import { storedOf, storeRow } from '../../support/holding.ts'
import { START } from '../../support/simulated-clock.ts'
import { keyring, strangerSigner, verifySynchronously } from '../../support/signing.ts'
import type { Draft } from '../../support/simulated-vendor.ts'
import { AIRGAPPED_KEY, CAUSE, createGate, failure, KEY, licenseAt, refused, SECRET } from '../../support/simulated-vendor.ts'
import { expectNothingChanged, save, traceOf } from '../../support/saving.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

describe('saving a key', () => {
  it('activates at once, by one call that says who asks and which signers are known', async () => {
    const world = await createWorld()
    await save(world, ` ${KEY.slice(0, 5)}\u200b${KEY.slice(5)}\n`)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true, method: 'standard', maskedKey: 'nc_••••••••6789' })
    const [call, ...others] = world.vendor.calls
    expect(others).toEqual([])
    expect(call).toMatchObject({ name: 'activate', secret: null })
    expect(call?.request).toEqual({
      key: KEY, instanceId: world.service.instanceId, nonce: expect.stringMatching(/^[0-9a-f]{32}$/), kids: ['vendor-1'],
    })
  })

  it('stores lease, secret and schedule, and the key only masked', async () => {
    const world = await createWorld()
    await save(world, KEY)
    const { license } = await world.store.read()
    expect(license).toMatchObject({
      method: 'standard', jti: 'lic_standard-1', verdict: null, secret: SECRET, maskedKey: 'nc_••••••••6789', activatedAt: START,
      lastState: 'active', lastSuccessAt: START, lastAttemptAt: START, consecutiveFailures: 0, failingSince: null, lastError: null,
    })
    expect(license?.nextAt).toBeGreaterThanOrEqual(START + 5.4 * HOUR)
    expect(license?.nextAt).toBeLessThanOrEqual(START + 6 * HOUR)
    expect(JSON.stringify(await world.store.read())).not.toContain(KEY)
    expect((await world.store.read()).marks).toEqual([{ sub: 'lic_standard', seq: 1, jti: 'lic_standard-1' }])
  })

  it('that is airgapped plans no further call', async () => {
    const world = await createWorld()
    await save(world, AIRGAPPED_KEY)
    expect((await world.store.read()).license).toMatchObject({ method: 'airgapped', nextAt: null, secret: SECRET, maskedKey: 'nc_ag_••••••••6789' })
    expect(world.service.view('admin')).toMatchObject({ state: 'active', checkIn: null, graceEndsAt: null, renews: null })
  })

  it('of a token begins when it is pasted, not when it was signed', async () => {
    const world = await createWorld()
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId, iat: (START - 3 * DAY) / 1000 }), actor: ADMIN })
    expect((await world.store.read()).license).toMatchObject({ activatedAt: START })
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'activated', at: START })
  })

  it('sets trusted time to what the vendor signed, backwards too', async () => {
    const world = await createWorld()
    await world.service.save({ credential: offlineToken({ sub: 'lic_token', iat: (START + 40 * DAY) / 1000, exp: (START + 400 * DAY) / 1000, instance_id: world.service.instanceId }), actor: ADMIN })
    expect(world.service.moment().effective).toBe(START + 40 * DAY)
    await save(world, KEY)
    expect(world.service.moment()).toMatchObject({ effective: START, trusted: START, continuous: true })
    expect((await world.store.read()).trusted).toMatchObject({ at: START, continuous: true })
  })

  it('writes down who activated what until when', async () => {
    const world = await createWorld()
    await save(world, KEY)
    expect(world.store.events).toEqual([expect.objectContaining({
      kind: 'activated', actor: 'user', actorEmail: 'admin@customer.example', address: '192.0.2.7', at: START,
      details: { method: 'standard', licenseId: 'lic_standard', expiresAt: new Date(START + 365 * DAY).toISOString() },
    })])
  })

  it('tells its steps in order', async () => {
    const world = await createWorld()
    const steps: string[] = []
    await save(world, KEY, { onStep: step => steps.push(step) })
    expect(steps).toEqual(['checked', 'contacted', 'verified', 'stored'])
  })

  it('again gives the same license a fresh lease and frees no seat', async () => {
    const world = await createWorld()
    await save(world, KEY)
    await save(world, KEY)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', licenseId: 'lic_standard', revision: 2 })
    expect(await world.store.dueDeactivations(Infinity)).toEqual([])
  })
})

describe('an activation that fails leaves everything as it was', () => {
  it.each([
    ['unknown_key', 'KEY_UNKNOWN', 'key_unknown'], ['expired', 'LICENSE_EXPIRED', 'subscription_ended'], ['revoked', 'LICENSE_REVOKED', 'revoked'],
    ['suspended', 'LICENSE_SUSPENDED', 'suspended'], ['method_not_in_plan', 'METHOD_NOT_IN_PLAN', 'method_not_in_plan'],
    ['bound_elsewhere', 'BOUND_TO_DIFFERENT_INSTALLATION', 'bound_elsewhere'], ['rate_limited', 'SERVER_RATE_LIMITED', 'rate_limited'],
    ['bad_request', 'SERVER_REFUSED', 'refused_bad_request'],
  ] as const)('refused with %s: %s', async (refusal, code, cause) => {
    const world = await createWorld()
    await save(world, AIRGAPPED_KEY)
    const before = await traceOf(world)
    world.vendor.failing = { ...refused(refusal), cause: 'HTTP 403' }
    const steps: string[] = []
    const seen = { code, cause, stage: 'http' }
    await expect(save(world, KEY, { onStep: step => steps.push(step) })).rejects.toMatchObject({ code, seen })
    expect(await world.service.findings()).toMatchObject([{ ...seen, at: new Date(START).toISOString() }])
    expect(steps).toEqual(['checked'])
    await expectNothingChanged(world, before)
  })

  it('bound elsewhere names the installation that asked, and other refusals nothing', async () => {
    const world = await createWorld()
    const { instanceId } = world.service
    world.vendor.failing = refused('bound_elsewhere')
    await expect(save(world, KEY)).rejects.toMatchObject({ details: { expected: instanceId, found: null }, seen: { facts: { instanceId } } })
    world.vendor.failing = refused('expired')
    const error = await save(world, KEY).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'LICENSE_EXPIRED', details: undefined })
    expect(Object(error).seen.facts).toEqual({})
  })

  it.each(['NET_DNS', 'NET_CONNECT', 'NET_TIMEOUT', 'NET_TLS', 'NET_PROXY', 'NET_CAPTIVE_PORTAL', 'SERVER_ERROR', 'SERVER_RESPONSE_INVALID', 'SERVER_NOT_A_LICENSE_SERVER'] as const)(
    'by %s, its cause kept for the log', async (code) => {
      const world = await createWorld()
      await save(world, AIRGAPPED_KEY)
      const before = await traceOf(world)
      world.vendor.failing = failure(code, { cause: 'ECONNRESET' })
      const seen = { code, cause: CAUSE[code], facts: { host: 'vendor.example' } }
      await expect(save(world, KEY)).rejects.toMatchObject({ code, cause: 'ECONNRESET', details: { host: 'vendor.example' }, seen })
      expect(await world.service.findings()).toMatchObject([seen])
      await expectNothingChanged(world, before)
    })

  it.each<[string, (draft: Draft) => void, string, string, object]>([
    ['another nonce', ({ claims }) => { claims.nonce = 'f'.repeat(32) }, 'SERVER_RESPONSE_INVALID', 'answer_stale', { member: 'nonce' }],
    ['another installation', ({ claims }) => { claims.instance_id = OTHER_INSTANCE }, 'SERVER_RESPONSE_INVALID', 'answer_not_ours', { found: OTHER_INSTANCE }],
    ['another method', ({ claims }) => { claims.method = 'airgapped' }, 'SERVER_RESPONSE_INVALID', 'answer_not_ours', { member: 'method', found: 'airgapped' }],
    ['a signature of somebody else', (draft) => { draft.signer = strangerSigner }, 'SERVER_RESPONSE_INVALID', 'unreadable_answer', { member: 'signature' }],
    ['claims that are wrong', ({ claims }) => { claims.exp = 0 }, 'SERVER_RESPONSE_INVALID', 'unreadable_answer', { member: 'exp' }],
    ['an offline token', ({ header }) => { header.typ = 'nc-offline+jwt' }, 'SERVER_RESPONSE_INVALID', 'unreadable_answer', {}],
    ['a signer unknown to this build', ({ header }) => { header.kid = 'vendor-2' }, 'TOKEN_UNKNOWN_SIGNER', 'signer_unknown', { kid: 'vendor-2' }],
  ])('when the answer is of %s', async (_, spoil, code, cause, facts) => {
    const world = await createWorld()
    await save(world, AIRGAPPED_KEY)
    const before = await traceOf(world)
    world.vendor.spoil = spoil
    const seen = { code, cause, stage: 'http', facts: { host: 'vendor.example', ...facts } }
    await expect(save(world, KEY)).rejects.toMatchObject({ code, seen })
    expect(await world.service.findings()).toMatchObject([seen])
    await expectNothingChanged(world, before)
  })

  it.each([[1, 'lic_standard-old'], [2, 'lic_standard-other']])('when the answer is older than one seen, or of its age: seq %i', async (seq, jti) => {
    const world = await createWorld()
    await save(world, KEY)
    await save(world, KEY)
    const before = await traceOf(world)
    world.vendor.spoil = ({ claims }) => Object.assign(claims, { seq, jti })
    await expect(save(world, KEY)).rejects.toMatchObject({ code: 'SERVER_RESPONSE_INVALID', seen: { cause: 'answer_stale', facts: { member: 'seq' } } })
    await expectNothingChanged(world, before)
  })

  it('by what was pasted, before anybody is called', async () => {
    const world = await createWorld()
    await expect(save(world, 'NC_wrong_case')).rejects.toMatchObject({ code: 'CREDENTIAL_MALFORMED' })
    expect(world.vendor.calls).toEqual([])
  })

  it('by the database', async () => {
    const world = await createWorld()
    await save(world, AIRGAPPED_KEY)
    const before = await traceOf(world)
    world.vendor.beforeAnswer = () => { world.store.available = false }
    await expect(save(world, KEY)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    world.store.available = true
    await expectNothingChanged(world, before)
  })
})

describe('saves that meet', () => {
  it.each([[0], [2]])('are refused over another revision than the current one: %i', async (revision) => {
    const world = await createWorld()
    await save(world, AIRGAPPED_KEY, { revision: 0 })
    await expect(save(world, KEY, { revision })).rejects.toMatchObject({ code: 'CONFLICT', details: { revision: 1 } })
    expect(world.vendor.callsOf('activate')).toHaveLength(1)
  })

  it('the later of two at once is told of the conflict, and the first stands', async () => {
    const world = await createWorld()
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    const slow = save(world, KEY, { revision: 0 })
    await settle()
    world.vendor.beforeAnswer = null
    await save(world, AIRGAPPED_KEY, { revision: 0 })
    gate.open()
    await expect(slow).rejects.toMatchObject({ code: 'CONFLICT', details: { revision: 1 } })
    expect(world.service.view('admin')).toMatchObject({ method: 'airgapped', revision: 1 })
  })

  it('shows at once what another replica has stored meanwhile, whose revision the next save needs', async () => {
    const world = await createWorld()
    const [one, other] = [await world.boot(), await world.boot()]
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    const slow = one.save({ credential: KEY, revision: 0, actor: ADMIN })
    await settle()
    world.vendor.beforeAnswer = null
    await other.save({ credential: AIRGAPPED_KEY, revision: 0, actor: ADMIN })
    gate.open()
    await expect(slow).rejects.toMatchObject({ code: 'CONFLICT', details: { revision: 1 } })
    expect(one.view('admin')).toMatchObject({ method: 'airgapped', revision: 1 })
  })
})

describe('replacing a standard license', () => {
  it('queues freeing the seat of the old one, by its own lease and secret', async () => {
    const world = await createWorld()
    await save(world, KEY)
    const { license } = await world.store.read()
    await save(world, AIRGAPPED_KEY)
    expect(await world.store.dueDeactivations(START)).toEqual([
      expect.objectContaining({ lease: license?.lease, secret: SECRET, createdAt: START, nextAt: START }),
    ])
  })

  it('by another standard one queues it as well; replacing any other method does not', async () => {
    const world = await createWorld()
    world.vendor.licenses.set('nc_another_key', licenseAt(world.clock, 'lic_another'))
    await save(world, AIRGAPPED_KEY)
    await save(world, KEY)
    expect(await world.store.dueDeactivations(Infinity)).toEqual([])
    await save(world, 'nc_another_key')
    const [pending] = await world.store.dueDeactivations(Infinity)
    expect((await verifyServerLease(pending?.lease ?? '', keyring)).claims.sub).toBe('lic_standard')
  })
})

describe('a license in the log', () => {
  const lines = (world: World) => world.log.filter(({ message }) => /^license (?:activated|replaced|removed)$/.test(message))

  it('is told with its masked key, and with the license that it replaces', async () => {
    const world = await createWorld()
    await save(world, AIRGAPPED_KEY)
    await save(world, offlineToken({ instance_id: world.service.instanceId, sub: 'lic_token' }))
    await save(world, KEY)
    await world.service.remove({ actor: ADMIN })
    const by = { actor: 'user', address: '192.0.2.7' }
    expect(lines(world)).toEqual([
      { level: 'info', message: 'license activated', fields: { method: 'airgapped', licenseId: 'lic_airgapped', expiresAt: expect.any(String), maskedKey: 'nc_ag_••••••••6789', ...by } },
      { level: 'info', message: 'license replaced', fields: expect.objectContaining({ licenseId: 'lic_token', replaces: 'lic_airgapped', replacedId: 'lic_airgapped' }) },
      { level: 'info', message: 'license replaced', fields: expect.objectContaining({ licenseId: 'lic_standard', replaces: 'lic_token', maskedKey: 'nc_••••••••6789' }) },
      { level: 'info', message: 'license removed', fields: { method: 'standard', licenseId: 'lic_standard', maskedKey: 'nc_••••••••6789', ...by } },
    ])
    expect(Object.keys(lines(world)[1]?.fields ?? {})).not.toContain('maskedKey')
  })

  it('that replaces one that did not verify says by which method that was, as nothing else of it can be believed', async () => {
    const world = await createWorld()
    const lease = leaseOf(offlineClaims({ instance_id: world.service.instanceId, sub: 'lic_edited' }))
    await storeRow(world.store, storedOf(lease, { lease: `${lease.jws.slice(0, -4)}AAAA` }), seqMarkOf(lease), { trusted: null })
    await world.boot()
    expect(world.service.view('admin').state).toBe('invalid')
    await save(world, KEY)
    expect(lines(world).at(-1)).toMatchObject({ message: 'license replaced', fields: { replaces: 'offline', replacedMethod: 'offline' } })
    expect(world.store.events.at(-1)?.details).toEqual({
      method: 'standard', licenseId: 'lic_standard', expiresAt: expect.any(String), plan: 'enterprise', replacedMethod: 'offline',
    })
  })
})
