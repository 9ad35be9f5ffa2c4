import { beforeEach, describe, expect, it } from 'vitest'
import { FEATURE_CATALOGUE } from '../../../shared/contracts.ts'
import { seen } from '../../../shared/findings.ts'
import { entitlementsSchema, licenseViewSchema } from '../../../shared/schemas.ts'
import { DAY, EMAIL, HOUR, offlineToken, OTHER_INSTANCE } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { storeRow } from '../../support/holding.ts'
import { createFixedRandom } from '../../support/random.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, KEY, SECRET } from '../../support/simulated-vendor.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

const iso = (ms: number) => new Date(ms).toISOString()
async function licensed(key = KEY) {
  const world = await createWorld({ random: createFixedRandom(0) })
  await world.service.save({ credential: key, actor: ADMIN })
  return world
}

describe('the view', () => {
  it('of no license says so and nothing else', async () => {
    const { service } = await createWorld()
    expect(service.view('admin')).toEqual({
      state: 'unlicensed', entitled: false, method: null, plan: null, licensee: null, features: [], seats: null, limits: {}, seatsUsed: null, licenseId: null,
      maskedKey: null, issuedAt: null, expiresAt: null, activatedAt: null, graceEndsAt: null, renews: null, deactivation: null, checkIn: null,
      instanceId: service.instanceId, boundTo: null, reason: null, verdictAt: null, invalidBecause: null, finding: null, managedByEnv: false, previous: null,
      warnings: [], revision: 0, serverTime: iso(START),
    })
  })

  it('of a standard license has all of it', async () => {
    const world = await licensed()
    await world.service.setSeatsUsed(12)
    world.clock.advance(HOUR)
    const view = world.service.view('admin')
    expect(view).toEqual({
      state: 'active', entitled: true, method: 'standard', plan: 'enterprise', licensee: { organization: 'Acme', email: EMAIL },
      features: ['sso', 'scim'], seats: 25, limits: {}, seatsUsed: 12, licenseId: 'lic_standard', maskedKey: 'nc_••••••••6789', issuedAt: iso(START),
      expiresAt: iso(START + 365 * DAY), activatedAt: iso(START), graceEndsAt: iso(START + 6 * HOUR + 7 * DAY), renews: true,
      deactivation: null,
      checkIn: { lastSuccessAt: iso(START), lastAttemptAt: iso(START), nextAt: iso(START + 6 * HOUR), consecutiveFailures: 0, lastError: null },
      instanceId: world.service.instanceId, boundTo: world.service.instanceId, reason: null, verdictAt: null, invalidBecause: null, finding: null,
      managedByEnv: false, previous: null, warnings: [], revision: 1, serverTime: iso(START + HOUR),
    })
    expect(licenseViewSchema.parse(view)).toEqual(view)
  })

  it('of a license bound elsewhere names that installation', async () => {
    const world = await createWorld()
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId }), actor: ADMIN })
    const { license } = await world.store.read()
    if (license) Object.assign(license, { lease: offlineToken({ instance_id: OTHER_INSTANCE }) })
    const row = await world.store.read()
    await storeRow(world.store, { ...license ?? raise(), jti: 'jti-1' }, { sub: 'lic_1', seq: 1, jti: 'jti-1' }, row)
    await world.tick()
    expect(world.service.view('admin')).toMatchObject({ state: 'mismatch', entitled: false, boundTo: OTHER_INSTANCE, instanceId: world.service.instanceId })
  })

  it('of a license with a verdict says since when it stands', async () => {
    const world = await licensed()
    world.clock.advance(HOUR)
    const license = world.vendor.licenses.get(KEY) ?? raise()
    license.verdict = 'suspended'
    await world.service.checkIn(ADMIN)
    expect(world.service.view('viewer')).toMatchObject({ state: 'suspended', verdictAt: iso(START + HOUR), invalidBecause: null })
  })

  it.each([
    ['TOKEN_SIGNATURE_INVALID', 'NCL-108', (lease: string) => `${lease.slice(0, -8)}AAAAAAAA`],
    ['TOKEN_SIGNATURE_INVALID', 'NCL-108', (lease: string) => `${lease} `],
    ['TOKEN_WRONG_KIND', 'NCL-110', () => offlineToken()],
  ] as const)('of a stored license that does not verify says why: %s', async (code, reference, damage) => {
    const world = await licensed()
    const original = world.store.read
    world.store.read = async () => {
      const { license, ...rest } = await original()
      return { ...rest, license: license && { ...license, lease: damage(license.lease) } }
    }
    await world.boot()
    expect(world.service.view('admin')).toMatchObject({ state: 'invalid', entitled: false, invalidBecause: { code, reference } })
  })

  it('never has a key, lease or secret in it', async () => {
    for (const key of [KEY, AIRGAPPED_KEY]) {
      const world = await licensed(key)
      const { license } = await world.store.read()
      for (const role of ['admin', 'viewer'] as const) {
        const text = JSON.stringify(world.service.view(role))
        for (const canary of [key, SECRET, license?.lease ?? raise()]) expect(text).not.toContain(canary)
      }
    }
  })

  it('shows a viewer no e-mail, and all the rest', async () => {
    const { service } = await licensed()
    const [admin, viewer] = [service.view('admin'), service.view('viewer')]
    expect(viewer).toEqual({ ...admin, licensee: { organization: 'Acme', email: null } })
    expect(JSON.stringify(viewer)).not.toContain(EMAIL)
  })

  it('shows a viewer of what was found neither addresses nor who is to log in at the proxy', async () => {
    const world = await licensed()
    const facts = { proxy: '10.1.2.3:3128', user: 'svc-nocodb', host: 'vendor.example' }
    world.vendor.failing = failure('NET_PROXY', { seen: seen('NET_PROXY', 'proxy_login', facts) })
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    expect(world.service.view('admin').finding?.facts).toEqual(facts)
    expect(world.service.view('viewer').finding?.facts).toEqual({ proxy: '•:3128', host: 'vendor.example' })
  })

  it('of a licensee without e-mail has none', async () => {
    const world = await createWorld()
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId, licensee: { organization: 'Acme' } }), actor: ADMIN })
    expect(world.service.view('admin').licensee).toEqual({ organization: 'Acme', email: null })
  })

  it('tells the last failure of a check-in with its reference', async () => {
    const world = await licensed()
    world.vendor.failing = failure('SERVER_ERROR')
    world.clock.advance(HOUR)
    await world.service.checkIn(ADMIN).catch(() => undefined)
    expect(world.service.view('viewer')).toMatchObject({
      checkIn: { consecutiveFailures: 1, lastError: { code: 'SERVER_ERROR', reference: 'NCL-207', at: iso(START + HOUR) } },
      warnings: [{ code: 'CHECK_IN_FAILING', failures: 1, since: iso(START + HOUR) }],
      finding: { code: 'SERVER_ERROR', reference: 'NCL-207', cause: 'server_error', stage: 'http', facts: { host: 'vendor.example' }, at: iso(START + HOUR) },
    })
  })

  it('says that this is a sandbox build', async () => {
    const world = await createWorld({ service: { sandbox: true } })
    expect(world.service.view('viewer').warnings).toEqual([{ code: 'SANDBOX_BUILD' }])
  })
})

describe('entitlements', () => {
  it('of no license are none', async () => {
    const { service } = await createWorld()
    expect(service.entitlements(true)).toEqual({ state: 'unlicensed', entitled: false, plan: null, features: [], limits: {}, seats: null, expiresAt: null, validUntil: null, serverTime: iso(START), lease: null })
    expect(service.hasFeature('sso')).toBe(false)
  })

  it('name features, and the lease only to whom it is for', async () => {
    const world = await licensed()
    const { license } = await world.store.read()
    const expected = { state: 'active', entitled: true, plan: 'enterprise', features: ['sso', 'scim'], limits: {}, seats: 25, expiresAt: iso(START + 365 * DAY), validUntil: iso(START + 7.25 * DAY), serverTime: iso(START) }
    expect(world.service.entitlements(false)).toEqual({ ...expected, lease: null })
    expect(world.service.entitlements(true)).toEqual({ ...expected, lease: license?.lease })
    expect(entitlementsSchema.parse(world.service.entitlements(true))).toEqual(world.service.entitlements(true))
  })

  it('have no feature once the license is over, and none that was not licensed before', async () => {
    const world = await licensed(AIRGAPPED_KEY)
    expect(['sso', 'scim', 'audit-log', ''].map(name => world.service.hasFeature(name))).toEqual([true, true, false, false])
    world.clock.advance(365 * DAY - 1)
    expect(world.service.hasFeature('sso')).toBe(true)
    world.clock.advance(1)
    expect(world.service.hasFeature('sso')).toBe(false)
    expect(world.service.entitlements(false)).toMatchObject({ state: 'expired', entitled: false, features: [], plan: 'enterprise', seats: 25, validUntil: null })
  })

  it('may be relied on until grace or the term ends, whichever is first, and not beyond now while a state is held', async () => {
    const world = await licensed()
    const validUntil = () => world.service.entitlements(false).validUntil
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { exp: (START + 8 * DAY) / 1000 })
    await world.service.checkIn(ADMIN)
    expect(validUntil()).toBe(iso(START + 7.25 * DAY))
    world.clock.advance(DAY)
    await world.service.checkIn(ADMIN)
    expect(validUntil()).toBe(iso(START + 8 * DAY))
    world.clock.reboot(30 * DAY)
    await world.boot()
    expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: true })
    expect(validUntil()).toBe(iso(START + 31 * DAY))
    const airgapped = await licensed(AIRGAPPED_KEY)
    expect(airgapped.service.entitlements(false).validUntil).toBe(iso(START + 365 * DAY))
  })

  it('name the limits of the license, whether or not this build knows them', async () => {
    const limits = { limit_workspace: 5, limit_editor: null, 'limit_of.tomorrow': 0 }
    const world = await createWorld()
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId, limits }), actor: ADMIN })
    expect(world.service.view('viewer').limits).toEqual(limits)
    expect(world.service.entitlements(false).limits).toEqual(limits)
  })
})

describe('the list of features', () => {
  it('has the catalogue, and what is licensed beyond it; licensed is what may be used now', async () => {
    const world = await createWorld()
    expect(world.service.features().map(({ name }) => name)).toEqual([...FEATURE_CATALOGUE])
    expect(world.service.features().filter(({ licensed }) => licensed)).toEqual([])
    const features = ['sso', 'time-travel', '__proto__', 'sso']
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId, features }), actor: ADMIN })
    expect(world.service.features().filter(({ licensed }) => licensed)).toEqual([
      { name: 'sso', title: 'Single sign-on', licensed: true }, { name: 'time-travel', title: 'time-travel', licensed: true },
      { name: '__proto__', title: '__proto__', licensed: true },
    ])
    expect(world.service.features()).toContainEqual({ name: 'scim', title: 'SCIM provisioning', licensed: false })
    world.clock.advance(366 * DAY)
    expect(world.service.features().every(({ licensed }) => !licensed)).toBe(true)
  })
})

function raise(): never {
  throw new Error('the sample is missing')
}
