import { beforeEach, describe, expect, it } from 'vitest'
import { activationRequestOf } from '../../../server/license/support-bundle.ts'
import type { Diagnostics } from '../../../shared/contracts.ts'
import { seen } from '../../../shared/findings.ts'
import { DAY, EMAIL, HOUR, offlineToken } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { verifySynchronously } from '../../support/signing.ts'
import type { LicenseCall } from '../../support/simulated-vendor.ts'
import { AIRGAPPED_KEY, failure, KEY, SECRET } from '../../support/simulated-vendor.ts'
import { SUPPORT_FACTS } from '../../support/support-facts.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, VERSION } from '../../support/world.ts'

beforeEach(verifySynchronously)

const iso = (ms: number) => new Date(ms).toISOString()
async function licensed(credential: (world: World) => string): Promise<World> {
  const world = await createWorld()
  await world.service.save({ credential: credential(world), actor: ADMIN })
  return world
}

describe('the text that asks for an offline token', () => {
  const facts = { instanceId: 'a1'.repeat(16), maskedKey: null, version: '1.2.3', renewal: null }
  it('names what the vendor needs, and asks for the key where it is not known', () => {
    expect(activationRequestOf(facts).text.split('\n')).toEqual([
      'Please issue an offline license token for this installation.', '', `Instance ID: ${facts.instanceId}`,
      'License key: (please add your license key)', 'Version: 1.2.3',
    ])
    expect(activationRequestOf({ ...facts, maskedKey: 'nc_••••••••6789' }).text).toContain('License key: nc_••••••••6789\n')
  })

  it('asks for a renewal of the license that is held, by its id and end', () => {
    const renewal = { licenseId: 'lic_offline', expiresAt: '2027-01-01T00:00:00.000Z' }
    expect(activationRequestOf({ ...facts, renewal }).text.split('\n').slice(0, 5)).toEqual([
      'Please renew the offline license token of this installation.', '', `Instance ID: ${facts.instanceId}`,
      'License ID: lic_offline', 'Present term ends: 2027-01-01T00:00:00.000Z',
    ])
  })

  it.each<[string, (world: World) => string, boolean]>([
    ['standard', () => KEY, false], ['airgapped', () => AIRGAPPED_KEY, false], ['offline', ({ service }) => offlineToken({ instance_id: service.instanceId }), true],
  ])('of an installation with a license that is %s is one for a renewal where that is by token', async (_, credential, renews) => {
    const world = await licensed(credential)
    const { text } = world.service.activationRequest()
    expect(text.includes('Please renew')).toBe(renews)
    expect(text.includes(`License ID: ${world.service.view('admin').licenseId}`)).toBe(renews)
    expect((await createWorld()).service.activationRequest().text).toContain('Please issue')
  })
})

describe('the support bundle', () => {
  it.each<[string, (world: World) => string]>([
    ['standard', () => KEY], ['airgapped', () => AIRGAPPED_KEY], ['offline', ({ service }) => offlineToken({ instance_id: service.instanceId })],
  ])('of a license that is %s has no key, token, secret or e-mail in it', async (method, credential) => {
    const world = await licensed(credential)
    if (method !== 'offline') await world.service.checkIn(ADMIN)
    const { license } = await world.store.read()
    await expect(world.service.save({ credential: `${KEY} ${KEY}`, actor: ADMIN })).rejects.toThrow()
    const text = JSON.stringify(await world.service.supportBundle(SUPPORT_FACTS))
    const parts = license?.lease.split('.') ?? []
    for (const canary of [credential(world), KEY, AIRGAPPED_KEY, SECRET, EMAIL, 'admin@customer.example', '192.0.2.7', ...parts.slice(1)]) {
      expect(text).not.toContain(canary)
    }
    expect(text).toContain(method)
  })

  it('has the facts that support asks for', async () => {
    const world = await licensed(() => KEY)
    world.clock.advance(HOUR)
    world.clock.shiftWall(-DAY)
    const { commit, ...facts } = SUPPORT_FACTS
    expect(await world.service.supportBundle(SUPPORT_FACTS)).toEqual({
      format: 'nocodb-license-support/2', createdAt: iso(world.service.moment().effective),
      build: { version: VERSION, commit, sandbox: false, trustedKids: ['vendor-1'] }, ...facts,
      license: expect.objectContaining({
        state: 'active', licenseId: 'lic_standard', maskedKey: 'nc_••••••••6789', instanceId: world.service.instanceId, licensee: { organization: 'Acme' },
        warnings: [expect.objectContaining({ code: 'CLOCK_BEHIND' })], finding: expect.objectContaining({ cause: 'clock_behind' }),
      }),
      clocks: {
        effective: expect.stringContaining('2026-03-01T12:59:58'), wall: iso(START + HOUR - DAY), trusted: expect.stringContaining('2026-03-01T12:59:58'),
        continuous: true, uptimeSeconds: 4100,
      },
      findings: [], diagnostics: null, lastRequest: world.service.lastRequest(),
    })
  })

  it('has what was found lately and the last run of diagnostics, as a viewer may see it', async () => {
    const world = await licensed(() => KEY)
    const facts = { proxy: '10.1.2.3:3128', user: 'svc-nocodb', host: 'vendor.example' }
    world.vendor.failing = failure('NET_PROXY', { seen: seen('NET_PROXY', 'proxy_login', facts) })
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    world.vendor.failing = failure('NET_DNS')
    await expect(world.service.save({ credential: KEY, actor: ADMIN })).rejects.toThrow()
    expect((await world.service.supportBundle(SUPPORT_FACTS)).license.finding?.facts).toEqual({ proxy: '•:3128', host: 'vendor.example' })
    const run: Diagnostics = { ok: true, verdict: 'nothing_tested', ranAt: iso(START), stages: [] }
    await world.service.keepDiagnostics(run)
    const { findings, diagnostics } = await world.service.supportBundle(SUPPORT_FACTS)
    expect(findings).toEqual([
      { code: 'NET_DNS', reference: 'NCL-201', cause: 'dns_no_such_name', stage: 'dns', facts: { host: 'vendor.example' }, at: iso(START) },
      { code: 'NET_PROXY', reference: 'NCL-205', cause: 'proxy_login', stage: 'proxy', facts: { proxy: '•:3128', host: 'vendor.example' }, at: iso(START) },
    ])
    expect(diagnostics).toEqual(run)
  })

  it('without a license has neither licensee nor trusted time', async () => {
    const { service } = await createWorld()
    expect(await service.supportBundle(SUPPORT_FACTS)).toMatchObject({
      license: { state: 'unlicensed', licensee: null, finding: null }, clocks: { trusted: null, continuous: false, wall: iso(START), effective: iso(START) }, lastRequest: null,
    })
  })
})

describe('the last request', () => {
  it.each<[LicenseCall, string, (world: World) => Promise<void>]>([
    ['activate', KEY, async () => undefined],
    ['checkIn', KEY, world => world.service.checkIn(ADMIN)],
    ['renew', AIRGAPPED_KEY, world => world.service.checkIn(ADMIN)],
    ['deactivate', KEY, async (world) => {
      await world.service.remove({ actor: ADMIN })
      await world.tick()
    }],
  ])('is %s as the license server\'s client shows it, with its time', async (name, key, provoke) => {
    const world = await licensed(() => key)
    await world.service.setSeatsUsed(4)
    const at = name === 'activate' ? START : START + HOUR
    world.clock.advance(at - START)
    await provoke(world)
    const [call] = world.vendor.callsOf(name)
    const shown = { ...call?.request, ...(name === 'activate' ? { key: 'nc_••••••••6789' } : { lease: '(lease)' }) }
    expect(world.service.lastRequest()).toEqual({ at: iso(at), method: 'POST', url: `https://vendor.example/${name}`, body: shown })
    expect((await world.store.read()).lastRequest).toEqual(world.service.lastRequest())
  })

  it('is noted although the call failed, and the call made although it could not be noted', async () => {
    const world = await createWorld()
    world.vendor.failing = failure('NET_DNS')
    await world.service.save({ credential: KEY, actor: ADMIN }).catch(() => undefined)
    expect((await world.store.read()).lastRequest).toMatchObject({ url: expect.stringContaining('activate') })
    expect(world.service.lastRequest()).toEqual((await world.store.read()).lastRequest)
    world.vendor.failing = null
    world.store.saveLastRequest = () => Promise.reject(new Error('disk full'))
    world.clock.advance(HOUR)
    await world.service.save({ credential: KEY, actor: ADMIN })
    expect(world.service.view('admin').state).toBe('active')
    expect(world.service.lastRequest()).toMatchObject({ at: iso(START + HOUR) })
  })

  it('is the later of what this process and another one sent', async () => {
    const world = await licensed(() => KEY)
    const request = { at: iso(START + HOUR), method: 'POST', url: 'https://vendor.example/api/v1/licenses/check-in', body: {} }
    await world.store.saveLastRequest(request)
    await world.tick()
    expect(world.service.lastRequest()).toEqual(request)
  })

  it('stands at the time by which the license goes, whatever the wall clock says', async () => {
    const world = await licensed(() => KEY)
    world.clock.shiftWall(-30 * HOUR)
    world.clock.advance(HOUR)
    await world.service.checkIn(ADMIN)
    expect(world.service.lastRequest()?.at).toContain('2026-03-01T12:59:58')
  })
})

describe('the activation request', () => {
  it('is a text to be sent, with the key masked', async () => {
    const world = await licensed(() => KEY)
    const { instanceId } = world.service
    expect(world.service.activationRequest()).toEqual({
      instanceId, maskedKey: 'nc_••••••••6789', version: VERSION, email: 'cs@nocodb.com',
      text: `Please issue an offline license token for this installation.\n\nInstance ID: ${instanceId}\nLicense key: nc_••••••••6789\nVersion: ${VERSION}`,
    })
  })

  it('asks for the key where there is none', async () => {
    const { service } = await createWorld()
    expect(service.activationRequest()).toMatchObject({ maskedKey: null, text: expect.stringContaining('License key: (please add your license key)') })
  })
})
