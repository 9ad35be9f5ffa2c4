import { beforeEach, describe, expect, it } from 'vitest'
import { expectNothingChanged, save, traceOf } from '../../support/saving.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, KEY } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const UNREADABLE = { code: 'SERVER_RESPONSE_INVALID', cause: { code: 'CREDENTIAL_MALFORMED' }, seen: { cause: 'unreadable_answer' } }
/** Encoded, it holds both characters in which the two alphabets differ, wherever in the payload it stands. */
const PLAN = '?????>>>>>'

const SPELLINGS: [string, (jws: string) => string][] = [
  ['a newline at its end', jws => `${jws}\n`],
  ['CRLF at its end', jws => `${jws}\r\n`],
  ['a newline at its beginning', jws => `\n${jws}`],
  ['a space amid it', jws => `${jws.slice(0, 60)} ${jws.slice(60)}`],
  ['a tab before a dot', jws => jws.replace('.', '\t.')],
  ['a zero-width space amid it', jws => `${jws.slice(0, 60)}\u200b${jws.slice(60)}`],
  ['a BOM before it', jws => `\ufeff${jws}`],
  ['padding', jws => `${jws}==`],
  ['padding amid it', jws => jws.replaceAll('.', '=.')],
  ['+ in place of -', jws => jws.replaceAll('-', '+')],
  ['/ in place of _', jws => jws.replaceAll('_', '/')],
  // A bit is set there that belongs to no byte: other text, the same bytes (RFC 4648 §3.5).
  ['a non-canonical last character', jws => jws.slice(0, -1) + ALPHABET[ALPHABET.indexOf(jws.at(-1) ?? '') + 1]],
]

/** Has the vendor's statements spelt so on their way; returns how often one was. */
function spellAnswers({ vendor }: World, spell: (jws: string) => string): () => number {
  let respelt = 0
  vendor.respell = (jws) => {
    const spelt = spell(jws)
    if (spelt !== jws) respelt++
    return spelt
  }
  return () => respelt
}

async function licensed(key: string): Promise<World> {
  const world = await createWorld()
  for (const license of world.vendor.licenses.values()) license.plan = PLAN
  await save(world, key)
  return world
}

async function expectKept(world: World, jti: string): Promise<void> {
  const { license } = await world.store.read()
  expect(license).toMatchObject({ jti, verdict: null, consecutiveFailures: 1, lastError: 'SERVER_RESPONSE_INVALID' })
  expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true, plan: PLAN })
}

describe('a statement of the license server that is spelt in a second way', () => {
  it.each(SPELLINGS)('F15: with %s activates nothing: the license that is there stays', async (_what, spell) => {
    const world = await licensed(AIRGAPPED_KEY)
    const before = await traceOf(world)
    const respelt = spellAnswers(world, spell)
    await expect(save(world, KEY)).rejects.toMatchObject(UNREADABLE)
    await expectNothingChanged(world, before)
    expect(respelt()).toBe(1)
  })

  it.each(SPELLINGS)('F15: with %s is a failed check-in, and a failed renewal: the license is kept', async (_what, spell) => {
    for (const [key, jti] of [[KEY, 'lic_standard-1'], [AIRGAPPED_KEY, 'lic_airgapped-1']] as const) {
      const world = await licensed(key)
      const respelt = spellAnswers(world, spell)
      await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject(UNREADABLE)
      await expectKept(world, jti)
      expect(respelt()).toBe(1)
    }
  })

  it.each(SPELLINGS)('F15: with %s is no verdict', async (_what, spell) => {
    const world = await licensed(KEY)
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: 'revoked' })
    // A verdict names no plan: its reason does in its place.
    world.vendor.spoil = ({ claims }) => { claims.reason = PLAN }
    const respelt = spellAnswers(world, spell)
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject(UNREADABLE)
    await expectKept(world, 'lic_standard-1')
    expect(respelt()).toBe(1)
  })

  it('F15: is accepted as soon as it is spelt as it was signed', async () => {
    const world = await licensed(AIRGAPPED_KEY)
    const respelt = spellAnswers(world, jws => jws)
    await world.service.checkIn(ADMIN)
    await save(world, KEY)
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', licenseId: 'lic_standard' })
    expect(respelt()).toBe(0)
  })
})
