import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, offlineToken, OTHER_INSTANCE, signed, standardClaims, verdictClaims } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { strangerSigner, verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, KEY } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

const tokenFor = (world: World, changes = {}) => offlineToken({ instance_id: world.service.instanceId, ...changes })
const iso = (ms: number) => new Date(ms).toISOString()
const ALL = ['format', 'signature', 'kind', 'claims', 'instance', 'term', 'start', 'sequence']

describe('the preview of a key', () => {
  it.each([[KEY, 'standard', 'nc_••••••••6789'], [AIRGAPPED_KEY, 'airgapped', 'nc_ag_••••••••6789']])('shows what would be sent of %s, masked, and sends nothing', async (key, method, masked) => {
    const world = await createWorld()
    expect(await world.service.preview(` ${key}\n`)).toEqual({
      method, accepted: true, error: null, difference: null,
      checks: [{ name: 'format', status: 'pass', expected: null, found: masked }],
      sends: {
        method: 'POST', url: 'https://vendor.example/activate',
        body: { key: masked, instanceId: world.service.instanceId, nonce: '(random)', kids: ['vendor-1'] },
      },
    })
    expect(world.vendor.calls).toEqual([])
    expect((await world.store.read()).version).toBe(0)
  })

  it('throws for what is no credential', async () => {
    const world = await createWorld()
    await expect(world.service.preview('NC_wrong_case')).rejects.toMatchObject({ code: 'CREDENTIAL_MALFORMED' })
  })
})

describe('the preview of a token', () => {
  it('that is good passes every check, with what was expected and found', async () => {
    const world = await createWorld()
    const preview = await world.service.preview(tokenFor(world, { nbf: START / 1000 }))
    const id = world.service.instanceId
    const end = iso(START + 365 * DAY)
    expect(preview).toMatchObject({ method: 'offline', accepted: true, error: null, sends: null })
    expect(preview.checks).toEqual([
      { name: 'format', status: 'pass', expected: null, found: null }, { name: 'signature', status: 'pass', expected: 'vendor-1', found: 'vendor-1' },
      { name: 'kind', status: 'pass', expected: 'nc-offline+jwt', found: 'nc-offline+jwt' }, { name: 'claims', status: 'pass', expected: null, found: null },
      { name: 'instance', status: 'pass', expected: id, found: id }, { name: 'term', status: 'pass', expected: `> ${iso(START)}`, found: end },
      { name: 'start', status: 'pass', expected: `≤ ${iso(START)}`, found: iso(START) }, { name: 'sequence', status: 'pass', expected: null, found: '1' },
    ])
    expect(preview.difference).toEqual([
      { field: 'method', current: null, next: 'offline' }, { field: 'plan', current: null, next: 'enterprise' },
      { field: 'organization', current: null, next: 'Acme' }, { field: 'seats', current: null, next: '25' },
      { field: 'features', current: null, next: 'sso, scim' }, { field: 'expiresAt', current: null, next: end },
      { field: 'licenseId', current: null, next: 'lic_1' },
    ])
  })

  it('shows what would change, and nothing else', async () => {
    const world = await createWorld()
    await world.service.save({ credential: tokenFor(world), actor: ADMIN })
    const next = tokenFor(world, { seq: 2, jti: 'jti-2', seats: null, features: ['sso'], licensee: { organization: 'Acme 2' } })
    expect((await world.service.preview(next)).difference).toEqual([
      { field: 'organization', current: 'Acme', next: 'Acme 2' }, { field: 'seats', current: '25', next: null },
      { field: 'features', current: 'sso, scim', next: 'sso' },
    ])
    expect((await world.service.preview(tokenFor(world))).difference).toEqual([])
    const limited = tokenFor(world, { seq: 3, jti: 'jti-3', limits: { limit_workspace: 5, limit_editor: null, limit_viewer: 0 } })
    expect((await world.service.preview(limited)).difference).toEqual([{ field: 'limits', current: null, next: 'limit_editor unlimited, limit_viewer 0, limit_workspace 5' }])
  })

  it('knows what another replica has accepted a moment ago, as saving would', async () => {
    const world = await createWorld()
    const other = world.service
    const one = await world.boot()
    await one.save({ credential: tokenFor(world, { seq: 2, jti: 'jti-2' }), actor: ADMIN })
    expect(await other.preview(tokenFor(world))).toMatchObject({ accepted: false, error: { code: 'TOKEN_OLDER_THAN_CURRENT' } })
  })

  it('changes nothing and calls nobody', async () => {
    const world = await createWorld()
    await world.service.save({ credential: tokenFor(world), actor: ADMIN })
    const before = [await world.store.read(), world.service.view('admin')]
    await world.service.preview(tokenFor(world, { iat: (START + DAY) / 1000, seq: 9, jti: 'jti-9' }))
    expect([await world.store.read(), world.service.view('admin')]).toEqual(before)
    expect(world.vendor.calls).toEqual([])
  })

  it.each([
    ['instance', { instance_id: OTHER_INSTANCE }, 'BOUND_TO_DIFFERENT_INSTALLATION', 'NCL-107'],
    ['term', { iat: START / 1000 - 86_400, exp: START / 1000 }, 'LICENSE_EXPIRED', 'NCL-103'],
    ['start', { nbf: START / 1000 + 1 }, 'TOKEN_NOT_YET_VALID', 'NCL-112'],
    ['sequence', { seq: 4, jti: 'jti-4' }, 'TOKEN_OLDER_THAN_CURRENT', 'NCL-113'],
  ])('fails the check of the %s alone', async (name, changes, code, reference) => {
    const world = await createWorld()
    await world.service.save({ credential: tokenFor(world, { seq: 5, jti: 'jti-5' }), actor: ADMIN })
    const preview = await world.service.preview(tokenFor(world, { seq: 6, jti: 'jti-6', ...changes }))
    expect(preview).toMatchObject({ accepted: false, error: { code, reference } })
    expect(preview.checks.map(check => [check.name, check.status])).toEqual(ALL.map(each => [each, each === name ? 'fail' : 'pass']))
    expect(preview.difference).not.toBeNull()
  })

  it('tells what was expected and found where a circumstance fails', async () => {
    const world = await createWorld()
    await world.service.save({ credential: tokenFor(world, { seq: 5, jti: 'jti-5' }), actor: ADMIN })
    const details = async (changes: object) => (await world.service.preview(tokenFor(world, { seq: 6, jti: 'jti-6', ...changes }))).error?.details
    expect(await details({ instance_id: OTHER_INSTANCE })).toEqual({ expected: world.service.instanceId, found: OTHER_INSTANCE })
    expect(await details({ iat: 1, exp: 2 })).toEqual({ expiresAt: iso(2000), now: iso(START) })
    expect(await details({ nbf: START / 1000 + 1 })).toEqual({ startsAt: iso(START + 1000), now: iso(START) })
    expect(await details({ seq: 4 })).toEqual({ expected: 5, found: 4 })
    const { checks } = await world.service.preview(tokenFor(world, { seq: 4 }))
    expect(checks.at(-1)).toEqual({ name: 'sequence', status: 'fail', expected: '≥ 5', found: '4' })
  })

  it('finds what the error says, with the particulars that its sentence names', async () => {
    const world = await createWorld()
    await world.service.save({ credential: tokenFor(world, { seq: 5, jti: 'jti-5' }), actor: ADMIN })
    const found = async (changes: object) => (await world.service.preview(tokenFor(world, { seq: 6, jti: 'jti-6', ...changes }))).error?.finding
    expect(await found({ instance_id: OTHER_INSTANCE })).toMatchObject({ cause: 'other_installation', facts: { expected: world.service.instanceId, found: OTHER_INSTANCE } })
    expect(await found({ iat: 1, exp: 2 })).toMatchObject({ cause: 'ended', facts: { expiresAt: iso(2000), clock: iso(START) } })
    expect(await found({ nbf: START / 1000 + 1 })).toMatchObject({ cause: 'not_yet_valid', facts: { startsAt: iso(START + 1000), clock: iso(START) } })
    expect(await found({ seq: 4 })).toMatchObject({ cause: 'older_than_current', facts: { expected: 5, found: 4 } })
    expect(await found({})).toBeUndefined()
  })

  it('names the first failure where several fail', async () => {
    const world = await createWorld()
    const preview = await world.service.preview(offlineToken({ instance_id: OTHER_INSTANCE, iat: 1, exp: 2 }))
    expect(preview.error?.code).toBe('BOUND_TO_DIFFERENT_INSTALLATION')
    expect(preview.checks.filter(({ status }) => status === 'fail').map(({ name }) => name)).toEqual(['instance', 'term'])
  })

  it('judges the start by nbf alone, and to the millisecond', async () => {
    const world = await createWorld()
    expect((await world.service.preview(tokenFor(world, { iat: (START + DAY) / 1000 }))).accepted).toBe(true)
    const next = tokenFor(world, { nbf: START / 1000 + 1 })
    world.clock.advance(999)
    expect((await world.service.preview(next)).accepted).toBe(false)
    world.clock.advance(1)
    expect((await world.service.preview(next)).accepted).toBe(true)
  })

  it.each<[string, (token: string) => string, string, string | null, string | null]>([
    ['format', token => token.slice(0, -1), 'CREDENTIAL_MALFORMED', null, null],
    ['signature', () => signed('offline', {}, { kid: 'vendor-9' }), 'TOKEN_UNKNOWN_SIGNER', 'vendor-1', 'vendor-9'],
    ['signature', () => strangerSigner.byHand('{"alg":"EdDSA","kid":"vendor-1","typ":"nc-offline+jwt"}', '{}'), 'TOKEN_SIGNATURE_INVALID', 'vendor-1', null],
    ['kind', () => signed('lease', standardClaims()), 'TOKEN_WRONG_KIND', 'nc-offline+jwt', 'nc-lease+jwt'],
    ['kind', () => signed('verdict', verdictClaims()), 'TOKEN_WRONG_KIND', 'nc-offline+jwt', 'nc-verdict+jwt'],
    ['claims', () => signed('offline', {}), 'TOKEN_CLAIMS_INVALID', null, 'method'],
  ])('that fails at its %s skips what could not be checked', async (name, spoil, code, expected, found) => {
    const world = await createWorld()
    const preview = await world.service.preview(spoil(tokenFor(world)))
    const at = ALL.indexOf(name)
    expect(preview).toMatchObject({ method: 'offline', accepted: false, error: { code }, difference: null, sends: null })
    expect(preview.checks.map(check => [check.name, check.status])).toEqual(
      ALL.map((each, index) => [each, index < at ? 'pass' : index === at ? 'fail' : 'skipped']))
    expect(preview.checks[at]).toMatchObject({ expected, found })
    expect(preview.checks.slice(4)).toEqual(ALL.slice(4).map(each => ({ name: each, status: 'skipped', expected: null, found: null })))
  })

  it('has no details where the error has none', async () => {
    const world = await createWorld()
    expect((await world.service.preview(signed('lease', standardClaims()))).error).toEqual({
      code: 'TOKEN_WRONG_KIND', reference: 'NCL-110',
      finding: { code: 'TOKEN_WRONG_KIND', reference: 'NCL-110', cause: 'other_kind', stage: 'credential', facts: {}, at: iso(START) },
    })
  })

  it('is not the place to hide a defect: other errors come through', async () => {
    const world = await createWorld()
    const get = () => { throw new TypeError('defect') }
    await world.boot({ keyring: { kids: ['vendor-1'], get } })
    await expect(world.service.preview(tokenFor(world))).rejects.toThrow(TypeError)
  })
})
