import { beforeEach, describe, expect, it } from 'vitest'
import { offlineToken } from '../../support/claims.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, KEY } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

/* What a person, or NC_LICENSE_KEY, brings by mistake is refused here, and nothing of it is ever sent. */

beforeEach(verifySynchronously)

const INSTALLATIONS: [string, (world: World) => string | null][] = [
  ['no license', () => null], ['a standard license', () => KEY], ['an airgapped license', () => AIRGAPPED_KEY],
  ['an offline license', ({ service }) => offlineToken({ instance_id: service.instanceId })],
]
const part = (index: number) => offlineToken().split('.')[index] ?? ''
const MISTAKES: [string, (world: World) => string][] = [
  ['part_of_token', () => part(0)], ['part_of_token', () => part(1)], ['part_of_token', () => part(2)], ['part_of_token', () => `${part(0)}.${part(1)}`],
  ['words_around', () => `License key ${KEY}`], ['words_around', () => `LicenseKey${KEY}`], ['two_credentials', () => KEY + KEY],
  ['two_credentials', () => KEY + AIRGAPPED_KEY], ['two_credentials', () => `${KEY} ${AIRGAPPED_KEY}`], ['instance_id_pasted', ({ service }) => service.instanceId],
  ['request_pasted', ({ service }) => service.activationRequest().text], ['masked_key_pasted', ({ service }) => service.view('admin').maskedKey ?? 'nc_••••••••6789'],
  ['capitals', () => KEY.toUpperCase()], ['quotes_around', () => `"${KEY}"`], ['hidden_character', () => `${KEY}\u202e`], ['wrong_encoding', () => [...KEY].join('\0')],
  ['empty', () => ' \u200b\n'], ['not_a_credential', () => 'nc_ä'], ['token_cut', () => offlineToken().slice(0, -6)], ['token_changed', () => `${offlineToken()}AAAA`],
]

/** Only a whole token has a signature that can be found wrong. */
const codeOf = (cause: string) => cause === 'token_changed' || cause === 'token_cut'
  ? { code: 'TOKEN_SIGNATURE_INVALID', reference: 'NCL-108' }
  : { code: 'CREDENTIAL_MALFORMED', reference: 'NCL-101' }

describe.each(INSTALLATIONS)('with %s', (_, credentialOf) => {
  async function installed(): Promise<World> {
    const world = await createWorld()
    const credential = credentialOf(world)
    if (credential) await world.service.save({ credential, actor: ADMIN })
    world.vendor.calls.length = 0
    return world
  }

  it.each(MISTAKES)('F03: %s is named, nothing is sent and nothing changes', async (cause, mistake) => {
    const world = await installed()
    const before = await world.store.read()
    const credential = mistake(world)
    await expect(world.service.save({ credential, actor: ADMIN })).rejects.toMatchObject({ details: { cause } })
    const preview = await world.service.preview(credential).then(({ error }) => error, (error: unknown) => error)
    expect(preview).toMatchObject({ details: { cause } })
    expect(world.vendor.calls).toEqual([])
    // What was found is kept for support, of a token in the activity too, and nothing of what was pasted.
    expect({ ...await world.store.read(), version: before.version }).toEqual(before)
    expect(await world.service.findings()).toMatchObject([{ ...codeOf(cause), cause, stage: 'credential' }])
    expect(JSON.stringify(await world.service.findings())).not.toContain(KEY)
  })

  it('F03: the same in NC_LICENSE_KEY is a warning, and ends no start', async () => {
    const world = await installed()
    for (const [cause, mistake] of MISTAKES) {
      world.log.length = 0
      const credential = mistake(world)
      await world.boot({ provisioned: { text: credential, digest: cause } })
      await world.tick()
      expect(world.service.view('admin').warnings).toContainEqual(expect.objectContaining({ code: 'ENV_DIFFERS' }))
      expect(world.log).toContainEqual(expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ ...codeOf(cause), cause, stage: 'credential' }) }))
      expect(world.vendor.callsOf('activate')).toEqual([])
    }
  })
})

it('F03: a hidden character is named with its place, and nothing else of the text', async () => {
  const world = await createWorld()
  await expect(world.service.save({ credential: `${KEY}\u202e`, actor: ADMIN })).rejects.toThrow()
  const [finding] = await world.service.findings()
  expect(finding).toMatchObject({ cause: 'hidden_character', facts: { character: 'U+202E RIGHT-TO-LEFT OVERRIDE', place: KEY.length + 1 } })
  await expect(world.service.preview(`${KEY}\u202e`)).rejects.toMatchObject({ details: finding?.facts })
})

describe('a key that does not begin with nc_', () => {
  it('is refused while an offline license is in force, and activates once that is removed', async () => {
    const world = await createWorld()
    const license = world.vendor.licenses.get(KEY)
    if (license) world.vendor.licenses.set('ABCD-1234-EFGH', license)
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId }), actor: ADMIN })
    const save = () => world.service.save({ credential: 'ABCD-1234-EFGH', actor: ADMIN })
    await expect(save()).rejects.toMatchObject({ code: 'CREDENTIAL_MALFORMED', details: { cause: 'offline_in_force' } })
    expect(world.vendor.calls).toEqual([])
    await world.service.remove({ actor: ADMIN })
    await save()
    expect(world.service.view('admin')).toMatchObject({ state: 'active', method: 'standard' })
  })

  it('is refused by what the database holds now, not by what this process knew', async () => {
    const world = await createWorld()
    const replica = await world.boot()
    const other = await world.boot()
    await other.save({ credential: offlineToken({ instance_id: other.instanceId }), actor: ADMIN })
    await expect(replica.save({ credential: 'ABCD-1234-EFGH', actor: ADMIN })).rejects.toMatchObject({ details: { cause: 'offline_in_force' } })
    expect(world.vendor.calls).toEqual([])
  })
})
