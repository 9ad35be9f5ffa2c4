import { beforeAll, describe, expect, it } from 'vitest'
import { TYP } from '../../server/license/claims.ts'
import { LicenseError } from '../../server/license/errors.ts'
import { createKeyring } from '../../server/license/jws.ts'
import type { Keyring } from '../../server/license/jws.ts'
import { verifyServerLease, verifyVerdict } from '../../server/license/token.ts'
import { keyring as vendorKeyring } from '../support/signing.ts'
import { traceOf } from '../support/saving.ts'
import type { World } from '../support/world.ts'
import { ADMIN, createWorld } from '../support/world.ts'
import { createDice } from './hostile/dice.ts'
import type { Target } from './hostile/genuine.ts'
import { genuineClaims, genuineToken, headerOf, leaseClaims, verdictClaims } from './hostile/genuine.ts'
import { mintByHand, mintWithFastJwt, sandboxKey } from './hostile/mint.ts'
import type { Hostile } from './hostile/rows.ts'
import { hostileCredentials, hostileRows } from './hostile/rows.ts'
import { tally } from '../support/tally.ts'

/* Hostile credentials by the hundred thousand, judged by the domain of a sandbox build. */

const SEED = Number(process.env.HOSTILE_SEED ?? Date.now() % 2 ** 31)
const COUNT = Number(process.env.HOSTILE_COUNT ?? 100_000)
const SAVE_EVERY = 30
const AT_ONCE = 32
/** Nothing listens there, and nothing of the domain could call it but the vendor's stand-in. */
const rows = hostileRows('http://127.0.0.1:9')
const note = (what: string) => `${what}; HOSTILE_SEED=${SEED} HOSTILE_COUNT=${COUNT}`

let keyring: Keyring
let world: World
let target: Target

beforeAll(async () => {
  keyring = await createKeyring(sandboxKey.jwks)
  world = await createWorld({ service: { keyring, sandbox: true } })
  target = { instanceId: world.service.instanceId, now: Math.floor(world.clock.real() / 1000), current: { sub: 'lic_current', seq: 1000, jti: 'jti-current' } }
  const { sub, seq, jti } = target.current
  await world.service.save({ credential: mintWithFastJwt({ ...genuineClaims(createDice(SEED), target), sub, seq, jti }, TYP.offline), actor: ADMIN })
})

type Outcome = { kind: 'accepted' | 'crashed' | 'other', detail: string } | { kind: 'refused' }
const refusedBy = (code: string, { mutation }: Hostile): Outcome =>
  mutation.codes.some(each => each === code) ? { kind: 'refused' } : { kind: 'other', detail: `refused with ${code} instead of ${mutation.codes.join(' or ')}` }

async function judge(act: () => Promise<string | null>, hostile: Hostile): Promise<Outcome> {
  try {
    const code = await act()
    return code === null ? { kind: 'accepted', detail: 'accepted' } : refusedBy(code, hostile)
  }
  catch (error) {
    return error instanceof LicenseError ? refusedBy(error.code, hostile) : { kind: 'crashed', detail: `threw ${String(error)}` }
  }
}

const preview = ({ credential }: Hostile) => async () => {
  const { accepted, error } = await world.service.preview(credential)
  return accepted ? null : error?.code ?? 'no code'
}
const save = ({ credential }: Hostile) => async () => {
  await world.service.save({ credential, actor: ADMIN })
  return null
}

describe('a genuine token', () => {
  it('F10, F14, F17, F20: minted by another implementation is accepted in every shape that is allowed, else what follows would mean nothing', async () => {
    const dice = createDice(SEED)
    for (let n = 0; n < 1000; n++) {
      const credential = genuineToken(dice, target)
      const { accepted, error } = await world.service.preview(credential)
      expect({ accepted, error }, note(credential)).toEqual({ accepted: true, error: null })
    }
  })

  it('F18: of every other kind is accepted in its own place', async () => {
    const dice = createDice(SEED)
    for (let n = 0; n < 100; n++) {
      const lease = leaseClaims(dice, target)
      expect((await verifyServerLease(mintWithFastJwt(lease, TYP.lease), keyring)).claims.jti).toBe(lease.jti)
      const verdict = verdictClaims(dice, target)
      expect((await verifyVerdict(mintByHand(headerOf({ typ: TYP.verdict, alg: 'Ed25519' }), verdict), keyring)).claims.verdict).toBe(verdict.verdict)
    }
  })

  it('F05: is accepted with any white space and zero-width characters in it', async () => {
    const dice = createDice(SEED)
    for (let n = 0; n < 200; n++) {
      const credential = genuineToken(dice, target).replace(/./gs, each => dice.chance(0.05) ? each + dice.pick(['\r\n', ' ', '\u200b', '\ufeff', '\u00a0', '\u2060', '\t']) : each)
      expect((await world.service.preview(credential)).accepted, note(JSON.stringify(credential))).toBe(true)
    }
  })

  it('F21: of the sandbox is refused by a build that trusts the vendor alone', async () => {
    const vendors = await createWorld({ service: { keyring: vendorKeyring } })
    const dice = createDice(SEED)
    for (let n = 0; n < 100; n++) {
      const credential = genuineToken(dice, { ...target, instanceId: vendors.service.instanceId })
      expect((await vendors.service.preview(credential)).error?.code).toBe('TOKEN_UNKNOWN_SIGNER')
      await expect(vendors.service.save({ credential, actor: ADMIN })).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN_SIGNER' })
    }
    expect((await vendors.store.read()).license).toBeNull()
    tally({ row: 'F21', tried: 200, accepted: 0, crashed: 0 })
  })
})

describe('hostile credentials', () => {
  it.each(rows)('$row: $about are refused, each for its reason, and change nothing', async (row) => {
    const before = { ...await traceOf(world), calls: world.vendor.calls.length }
    const counts = { tried: 0, accepted: 0, crashed: 0 }
    const wrong: string[] = []
    const seen = new Set<string>()
    const record = (outcome: Outcome, { mutation, credential }: Hostile) => {
      counts.tried++
      seen.add(mutation.name)
      if (outcome.kind === 'refused') return
      if (outcome.kind !== 'other') counts[outcome.kind]++
      if (wrong.length < 5) wrong.push(`${mutation.name}: ${outcome.detail}: ${JSON.stringify(credential.slice(0, 2000))}`)
    }
    const judgeAll = (batch: { hostile: Hostile, saved: boolean }[]) => Promise.all(batch.map(async ({ hostile, saved }) => {
      record(await judge(preview(hostile), hostile), hostile)
      if (saved) record(await judge(save(hostile), hostile), hostile)
    }))
    let batch: { hostile: Hostile, saved: boolean }[] = []
    let n = 0
    for (const hostile of hostileCredentials(row, Math.ceil(COUNT * row.share / 100), SEED, target)) {
      batch.push({ hostile, saved: n++ % (SAVE_EVERY + 1) === 0 })
      if (batch.length === AT_ONCE) await judgeAll(batch.splice(0))
    }
    await judgeAll(batch)
    batch = []
    tally({ row: row.row, ...counts })
    expect(wrong, note(row.row)).toEqual([])
    expect({ ...await traceOf(world), calls: world.vendor.calls.length }, note(row.row)).toEqual(before)
    expect(seen.size).toBe(row.mutations.length)
  })

  it('F10: one part alone is no key, though it has the form of one, and is not sent', async () => {
    const dice = createDice(SEED)
    const fresh = await createWorld({ service: { keyring, sandbox: true } })
    for (let n = 0; n < 50; n++) {
      for (const part of genuineToken(dice, target).split('.')) {
        const refused = { code: 'CREDENTIAL_MALFORMED', details: { cause: 'part_of_token' } }
        await expect(fresh.service.save({ credential: part, actor: ADMIN })).rejects.toMatchObject(refused)
      }
    }
    expect(fresh.vendor.calls).toEqual([])
    expect((await fresh.store.read()).license).toBeNull()
    tally({ row: 'F10', tried: 150, accepted: 0, crashed: 0 })
  })
})
