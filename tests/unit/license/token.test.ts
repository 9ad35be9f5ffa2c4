import { describe, expect, it } from 'vitest'
import { verifyOfflineToken, verifyServerLease, verifyVerdict } from '../../../server/license/token.ts'
import { airgappedClaims, headerOf, offlineClaims, signed, standardClaims, verdictClaims } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { keyring, strangerSigner, vendorSigner } from '../../support/signing.ts'

const IAT = START / 1000

async function outcome(work: Promise<unknown>): Promise<unknown> {
  return work.then(() => 'accepted', error => error.code)
}
async function claimOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(() => 'accepted', error => [error.code, error.details?.claim])
}

describe('a kind of statement', () => {
  const statements = {
    offline: signed('offline', offlineClaims()),
    standard: signed('lease', standardClaims()),
    airgapped: signed('lease', airgappedClaims()),
    verdict: signed('verdict', verdictClaims()),
  }
  const verifiers = { offline: verifyOfflineToken, lease: verifyServerLease, verdict: verifyVerdict }

  it.each([
    ['offline', 'offline', 'accepted'], ['offline', 'lease', 'TOKEN_WRONG_KIND'], ['offline', 'verdict', 'TOKEN_WRONG_KIND'],
    ['standard', 'offline', 'TOKEN_WRONG_KIND'], ['standard', 'lease', 'accepted'], ['standard', 'verdict', 'TOKEN_WRONG_KIND'],
    ['airgapped', 'offline', 'TOKEN_WRONG_KIND'], ['airgapped', 'lease', 'accepted'], ['airgapped', 'verdict', 'TOKEN_WRONG_KIND'],
    ['verdict', 'offline', 'TOKEN_WRONG_KIND'], ['verdict', 'lease', 'TOKEN_WRONG_KIND'], ['verdict', 'verdict', 'accepted'],
  ] as const)('%s in the place of %s: %s', async (statement, place, expected) => {
    expect(await outcome(verifiers[place](statements[statement], keyring))).toBe(expected)
  })

  it('is not taken for another by its method alone', async () => {
    expect(await outcome(verifyOfflineToken(signed('offline', standardClaims()), keyring))).toBe('TOKEN_WRONG_KIND')
    expect(await outcome(verifyOfflineToken(signed('offline', airgappedClaims()), keyring))).toBe('TOKEN_WRONG_KIND')
    expect(await outcome(verifyServerLease(signed('lease', offlineClaims()), keyring))).toBe('TOKEN_WRONG_KIND')
  })

  it.each(['JWT', 'NC-OFFLINE+JWT', 'nc-offline', 'application/nc-offline+jwt'])('must carry exactly its typ, not %s', async (typ) => {
    expect(await outcome(verifyOfflineToken(signed('offline', offlineClaims(), { typ }), keyring))).toBe('TOKEN_WRONG_KIND')
  })

  it('is judged by its signature before its kind, and by its kind before its claims', async () => {
    const forged = strangerSigner.byHand(JSON.stringify(headerOf('lease')), '{}')
    expect(await outcome(verifyOfflineToken(forged, keyring))).toBe('TOKEN_SIGNATURE_INVALID')
    expect(await outcome(verifyOfflineToken(signed('lease', {}), keyring))).toBe('TOKEN_WRONG_KIND')
  })

  it('signed by jose and by hand gives the same claims', async () => {
    const jose = await vendorSigner.withJose(headerOf('lease'), standardClaims())
    expect(await verifyServerLease(jose, keyring)).toEqual({ jws: jose, claims: standardClaims() })
    expect(await verifyServerLease(statements.standard, keyring)).toEqual({ jws: statements.standard, claims: standardClaims() })
    expect(await verifyVerdict(statements.verdict, keyring)).toEqual({ jws: statements.verdict, claims: verdictClaims() })
  })
})

describe('the claims of a lease', () => {
  const wrong: [string, Record<string, unknown>, string][] = [
    ['another issuer', { iss: 'https://app.nocodb.com/' }, 'iss'], ['no issuer', { iss: undefined }, 'iss'],
    ['another audience', { aud: 'nocodb-cloud' }, 'aud'], ['an audience in a list', { aud: ['nocodb-self-hosted'] }, 'aud'],
    ['a license id of another form', { sub: 'license_1' }, 'sub'], ['a bare lic_', { sub: 'lic_' }, 'sub'], ['no sub', { sub: undefined }, 'sub'],
    ['no jti', { jti: undefined }, 'jti'], ['an empty jti', { jti: '' }, 'jti'],
    ['iat as text', { iat: String(IAT) }, 'iat'], ['iat with a fraction', { iat: IAT + 0.5 }, 'iat'], ['a negative iat', { iat: -1 }, 'iat'],
    ['no iat', { iat: undefined }, 'iat'], ['nbf as text', { nbf: '1' }, 'nbf'], ['nbf null', { nbf: null }, 'nbf'],
    ['no exp', { exp: undefined }, 'exp'], ['exp before iat', { exp: IAT - 1 }, 'exp'], ['exp equal to iat', { exp: IAT }, 'exp'],
    ['exp more than 20 years after iat', { exp: IAT + 7305 * 86_400 + 1 }, 'exp'], ['exp with a fraction', { exp: IAT + 1.5 }, 'exp'],
    ['a negative seq', { seq: -1 }, 'seq'], ['seq with a fraction', { seq: 1.5 }, 'seq'], ['no seq', { seq: undefined }, 'seq'],
    ['an Instance ID in capitals', { instance_id: 'A1'.repeat(16) }, 'instance_id'], ['a short Instance ID', { instance_id: 'a1' }, 'instance_id'],
    ['no plan', { plan: undefined }, 'plan'], ['no licensee', { licensee: undefined }, 'licensee'],
    ['a licensee without organization', { licensee: {} }, 'licensee.organization'],
    ['an e-mail that is no text', { licensee: { organization: 'A', email: 1 } }, 'licensee.email'],
    ['features as text', { features: 'sso' }, 'features'], ['a feature that is no text', { features: ['sso', 1] }, 'features.1'],
    ['negative seats', { seats: -1 }, 'seats'], ['half a seat', { seats: 0.5 }, 'seats'], ['no seats at all', { seats: undefined }, 'seats'],
    ['limits in a list', { limits: [5] }, 'limits'], ['limits null', { limits: null }, 'limits'], ['a limit of another name', { limits: { seats: 5 } }, 'limits.seats'],
    ['a limit without a name', { limits: { limit_: 5 } }, 'limits.limit_'], ['a negative limit', { limits: { limit_editor: -1 } }, 'limits.limit_editor'],
    ['half a limit', { limits: { limit_editor: 0.5 } }, 'limits.limit_editor'], ['a limit as text', { limits: { limit_editor: '5' } }, 'limits.limit_editor'],
    ['a limit that is no number', { limits: { limit_editor: true } }, 'limits.limit_editor'],
    ['501 limits', { limits: Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`limit_${n}`, n])) }, 'limits'],
  ]

  it.each(wrong)('are refused, naming the claim: %s', async (_, changes, claim) => {
    const jws = signed('offline', { ...offlineClaims(), ...changes })
    expect(await claimOf(verifyOfflineToken(jws, keyring))).toEqual(['TOKEN_CLAIMS_INVALID', claim])
  })

  it('are named in one short line, even if it is the vendor who has written something else', async () => {
    const jws = signed('offline', { ...offlineClaims(), limits: { [`limit_a\u001b]0;x\n${'y'.repeat(5000)}`]: -1 } })
    const [code, claim] = [await claimOf(verifyOfflineToken(jws, keyring))].flat()
    expect([code, String(claim).length]).toEqual(['TOKEN_CLAIMS_INVALID', 120])
    expect(claim).toMatch(/^limits(\.limit_a\\u\{1b\}\]0;x y|…)/)
  })

  it.each([
    ['check_in missing', { check_in: undefined }, 'check_in'], ['every of zero', { check_in: { every: 0, grace: 1 } }, 'check_in.every'],
    ['a negative grace', { check_in: { every: 1, grace: -1 } }, 'check_in.grace'], ['renews missing', { renews: undefined }, 'renews'],
    ['renews as text', { renews: 'yes' }, 'renews'], ['nonce missing', { nonce: undefined }, 'nonce'],
  ])('of a standard license are refused: %s', async (_, changes, claim) => {
    expect(await claimOf(verifyServerLease(signed('lease', { ...standardClaims(), ...changes }), keyring))).toEqual(['TOKEN_CLAIMS_INVALID', claim])
  })

  it('need a method that exists, and an airgapped lease needs a nonce', async () => {
    expect(await outcome(verifyServerLease(signed('lease', { ...standardClaims(), method: 'trial' }), keyring))).toBe('TOKEN_CLAIMS_INVALID')
    expect(await claimOf(verifyServerLease(signed('lease', { ...airgappedClaims(), nonce: undefined }), keyring))).toEqual(['TOKEN_CLAIMS_INVALID', 'nonce'])
  })

  it.each(['null', '[]', '"text"', '7'])('are an object, not %s; then no claim is named', async (payload) => {
    const jws = vendorSigner.byHand(JSON.stringify(headerOf('verdict')), payload)
    expect(await claimOf(verifyVerdict(jws, keyring))).toEqual(['TOKEN_CLAIMS_INVALID', null])
  })

  it.each(['1e999', '-1e999'])('are finite: exp %s is refused', async (exp) => {
    const payload = JSON.stringify(offlineClaims()).replace(/"exp":\d+/, `"exp":${exp}`)
    const jws = vendorSigner.byHand(JSON.stringify(headerOf('offline')), payload)
    expect(await claimOf(verifyOfflineToken(jws, keyring))).toEqual(['TOKEN_CLAIMS_INVALID', 'exp'])
  })

  it.each([
    ['exp exactly 20 years after iat', { exp: IAT + 7305 * 86_400 }], ['exp one second after iat', { exp: IAT + 1 }], ['seq zero', { seq: 0 }],
    ['unlimited seats', { seats: null }], ['no seat', { seats: 0 }], ['no feature', { features: [] }], ['an unknown feature', { features: ['time-travel'] }],
    ['a licensee without e-mail', { licensee: { organization: 'Größe GmbH' } }], ['nbf', { nbf: IAT + 5 }],
    ['no limits', { limits: {} }], ['limits of any name', { limits: { limit_workspace: 5, limit_editor: null, 'limit_of.tomorrow': 0 } }],
  ])('may have %s', async (_, changes) => {
    const claims = { ...offlineClaims(), ...changes }
    expect((await verifyOfflineToken(signed('offline', claims), keyring)).claims).toEqual(claims)
  })

  it('that nobody knows are left out', async () => {
    const { claims } = await verifyOfflineToken(signed('offline', { ...offlineClaims(), future: true }), keyring)
    expect(claims).toEqual(offlineClaims())
  })
})

describe('the claims of a verdict', () => {
  it.each(['revoked', 'suspended', 'bound_elsewhere'] as const)('may say %s, with or without a reason', async (verdict) => {
    for (const reason of [undefined, 'unpaid']) {
      const claims = verdictClaims(reason === undefined ? { verdict } : { verdict, reason })
      expect((await verifyVerdict(signed('verdict', claims), keyring)).claims).toEqual(claims)
    }
  })

  it.each([
    ['verdict', { verdict: 'expired' }], ['verdict', { verdict: undefined }], ['nonce', { nonce: undefined }], ['iat', { iat: undefined }],
    ['instance_id', { instance_id: 'elsewhere' }], ['sub', { sub: '' }], ['reason', { reason: 1 }], ['iss', { iss: 'x' }], ['aud', { aud: 'x' }],
    ['seq', { seq: '1' }], ['jti', { jti: 1 }],
  ])('are refused with a wrong %s: %j', async (claim, changes) => {
    expect(await claimOf(verifyVerdict(signed('verdict', { ...verdictClaims(), ...changes }), keyring))).toEqual(['TOKEN_CLAIMS_INVALID', claim])
  })
})
