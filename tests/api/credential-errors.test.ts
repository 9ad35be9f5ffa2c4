import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorData } from '../../shared/contracts.ts'
import type { CredentialErrorCode, ErrorCode } from '../../shared/errors.ts'
import sandboxKey from '../license-server/keys/sandbox.jwk.json' with { type: 'json' }
import type { IssueToken } from '../support/vendor/control-protocol.ts'
import { expectError } from '../support/expect-error.ts'
import { until, useStand } from '../support/stand.ts'

const stand = useStand()
const now = () => Math.floor(Date.now() / 1000)
let instanceId = ''

beforeAll(async () => {
  instanceId = (await stand.admin.license()).instanceId
  const { body: { state } } = await stand.admin.save(await issue())
  if (state !== 'active') throw new Error(`the license to be kept is ${state}`)
})

/** What an error answer told, and what time the product had before and after it. */
interface Refusal { details: ErrorData['details'], from: string, to: string }

const issue = (order: Partial<IssueToken> = {}) => stand.licenseServer.control.issueToken({ instance_id: instanceId, ...order })

async function expectRefused(credential: string, code: ErrorCode): Promise<Refusal> {
  const before = await stand.admin.license()
  const answer = await stand.admin.save(credential)
  expectError(answer, code)
  const after = await stand.admin.license()
  expect(after).toEqual({ ...before, serverTime: after.serverTime })
  return { details: answer.error?.details, from: before.serverTime, to: after.serverTime }
}

describe('what the license server refuses', () => {
  const refused: [string, CredentialErrorCode][] = [
    ['nc_unknown_key_0001', 'KEY_UNKNOWN'], ['nc_demo_expired', 'LICENSE_EXPIRED'], ['nc_demo_revoked', 'LICENSE_REVOKED'],
    ['nc_demo_suspended', 'LICENSE_SUSPENDED'], ['nc_demo_method_not_in_plan', 'METHOD_NOT_IN_PLAN'],
    ['nc_ag_demo_method_not_in_plan', 'METHOD_NOT_IN_PLAN'], ['nc_demo_bound_elsewhere', 'BOUND_TO_DIFFERENT_INSTALLATION'],
    ['nc_demo_wrong_signer', 'TOKEN_UNKNOWN_SIGNER'],
  ]

  it.each(refused)('%s: %s, and the license that is there stays', async (credential, code) => {
    await expectRefused(credential, code)
  })

  it('a license held by another installation is bound elsewhere', async () => {
    const { control } = stand.licenseServer
    const { key } = await control.createLicense({ method: 'airgapped' })
    await control.changeLicense(key, { boundTo: 'f'.repeat(32) })
    await expectRefused(key, 'BOUND_TO_DIFFERENT_INSTALLATION')
  })
})

describe('tokens that are signed, but not for this', () => {
  const wrong: [string, Partial<IssueToken> | (() => Partial<IssueToken>), CredentialErrorCode][] = [
    ['F21 by a signer this build does not know', { signer: 'stranger' }, 'TOKEN_UNKNOWN_SIGNER'],
    ['F18 a lease', { kind: 'lease' }, 'TOKEN_WRONG_KIND'],
    ['F18 a verdict', { kind: 'verdict' }, 'TOKEN_WRONG_KIND'],
    ['F18 another typ', { header: { typ: 'JWT' } }, 'TOKEN_WRONG_KIND'],
    ['F18 another issuer', { claims: { iss: 'https://evil.example' } }, 'TOKEN_CLAIMS_INVALID'],
    ['F18 another audience', { claims: { aud: 'something-else' } }, 'TOKEN_CLAIMS_INVALID'],
    ['F17 an array of audiences', { claims: { aud: ['nocodb-self-hosted'] } }, 'TOKEN_CLAIMS_INVALID'],
    ['F18 another method', { claims: { method: 'standard' } }, 'TOKEN_CLAIMS_INVALID'],
    ['F19 another installation', { instance_id: 'e'.repeat(32) }, 'BOUND_TO_DIFFERENT_INSTALLATION'],
    ['F20 older than the present one', { claims: { seq: 1 } }, 'TOKEN_OLDER_THAN_CURRENT'],
    ['F17 a term over 20 years', () => ({ claims: { exp: now() + 21 * 366 * 86_400 } }), 'TOKEN_CLAIMS_INVALID'],
    ['F17 an end before its beginning', () => ({ claims: { exp: now() - 10, iat: now() } }), 'TOKEN_CLAIMS_INVALID'],
    ['F17 an end that is text', { claims: { exp: '9999999999' } }, 'TOKEN_CLAIMS_INVALID'],
    ['F17 an end that is a fraction', () => ({ claims: { exp: now() + 1000.5 } }), 'TOKEN_CLAIMS_INVALID'],
    ['F17 a negative seq', { claims: { seq: -1 } }, 'TOKEN_CLAIMS_INVALID'],
    ['F17 features that are text', { claims: { features: 'sso' } }, 'TOKEN_CLAIMS_INVALID'],
    ['F13 no kid', { headerText: '{"alg":"EdDSA","typ":"nc-offline+jwt"}' }, 'TOKEN_UNKNOWN_SIGNER'],
    ['F13 a kid that is a path', { header: { kid: '../../etc/passwd' } }, 'TOKEN_UNKNOWN_SIGNER'],
  ]

  it.each(wrong)('%s', async (_what, order, code) => {
    await expectRefused(await issue(typeof order === 'function' ? order() : order), code)
  })

  it.each<[string, CredentialErrorCode, string, (at: number) => Record<string, number>, number]>([
    ['ended, with its end', 'LICENSE_EXPIRED', 'expiresAt', at => ({ iat: at - 7200, exp: at }), -3600],
    ['ended a second ago, with its end', 'LICENSE_EXPIRED', 'expiresAt', at => ({ iat: at - 7200, exp: at }), -1],
    ['not begun, with its beginning', 'TOKEN_NOT_YET_VALID', 'startsAt', at => ({ nbf: at }), 86_400],
  ])('F22: one that has %s and the time of the product', async (_what, code, name, claimsFor, offset) => {
    const at = now() + offset
    const { details, from, to } = await expectRefused(await issue({ claims: claimsFor(at) }), code)
    expect(details).toEqual({ [name]: new Date(at * 1000).toISOString(), now: expect.any(String) })
    expect([from, details?.now, to]).toEqual([from, details?.now, to].toSorted())
    expect(new Date(String(details?.now)).toISOString()).toBe(details?.now)
  })

  it.each(['iss', 'aud', 'sub', 'jti', 'iat', 'exp', 'seq', 'instance_id', 'method', 'plan', 'licensee', 'features', 'seats'])(
    'F17 one without %s', async (name) => {
      await expectRefused(await issue({ omit: [name] }), 'TOKEN_CLAIMS_INVALID')
    })

  it('F17 one with a claim twice', async () => {
    const payload = Buffer.from((await issue()).split('.')[1] ?? '', 'base64url').toString()
    await expectRefused(await issue({ payloadText: payload.replace(/}$/, ',"seats":9999}') }), 'TOKEN_CLAIMS_INVALID')
    await expectRefused(await issue({ payloadText: payload.replace(/"exp":\d+/, '"exp":1e999') }), 'TOKEN_CLAIMS_INVALID')
  })
})

describe('tokens that are not signed by the vendor', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const partsOf = (token: string): [string, string, string] => {
    const [header = '', payload = '', signature = ''] = token.split('.')
    return [header, payload, signature]
  }
  const TRUST = /^TOKEN_(SIGNATURE_INVALID|UNKNOWN_SIGNER|CLAIMS_INVALID|WRONG_KIND)$|^CREDENTIAL_MALFORMED$/

  async function expectDistrusted(token: string): Promise<void> {
    const before = await stand.admin.license()
    const answer = await stand.admin.save(token)
    expect(answer.status, answer.text).toBe(422)
    expect(answer.error?.code).toMatch(TRUST)
    const after = await stand.admin.license()
    expect(after).toEqual({ ...before, serverTime: after.serverTime })
  }

  it('F14 a claim changed after signing', async () => {
    const [header, payload, signature] = partsOf(await issue())
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), seats: 100_000 }
    await expectRefused([header, encode(claims), signature].join('.'), 'TOKEN_SIGNATURE_INVALID')
  })

  it('F14 a signature of another token, a flipped bit, a cut one', async () => {
    const [header, payload, signature] = partsOf(await issue())
    const [, , other] = partsOf(await issue())
    const bytes = Buffer.from(signature, 'base64url')
    bytes[10] = (bytes[10] ?? 0) ^ 1
    await expectRefused([header, payload, other].join('.'), 'TOKEN_SIGNATURE_INVALID')
    await expectRefused([header, payload, bytes.toString('base64url')].join('.'), 'TOKEN_SIGNATURE_INVALID')
    await expectDistrusted([header, payload, signature.slice(0, -4)].join('.'))
  })

  it.each(['none', 'None', 'NONE', 'nOnE'])('F10 alg %s', async (alg) => {
    const [header, payload, signature] = partsOf(await issue())
    const claimed = encode({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg })
    await expectDistrusted(`${claimed}.${payload}.${signature}`)
    await expectDistrusted(`${claimed}.${payload}.`)
  })

  it('F11 an HMAC with the public key as secret', async () => {
    const [header, payload] = partsOf(await issue())
    const claimed = encode({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'HS256' })
    for (const secret of [sandboxKey.x, Buffer.from(sandboxKey.x, 'base64url')]) {
      await expectDistrusted(`${claimed}.${payload}.${createHmac('sha256', secret).update(`${claimed}.${payload}`).digest('base64url')}`)
    }
  })

  it('F12 an own key brought along is not used, and nobody is asked for one', async () => {
    const [header, payload] = partsOf(await issue())
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    await stand.licenseServer.control.clearRequests()
    for (const more of [{ jwk: publicKey.export({ format: 'jwk' }) }, { jku: `${stand.licenseServer.url}/api/v1/keys` }, { x5u: `${stand.licenseServer.url}/api/v1/keys` }]) {
      const claimed = encode({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), ...more })
      await expectDistrusted(`${claimed}.${payload}.${sign(null, Buffer.from(`${claimed}.${payload}`), privateKey).toString('base64url')}`)
    }
    expect(await stand.licenseServer.control.requests()).toEqual([])
  })

  it('F15 F16 another spelling of a good token', async () => {
    const token = await issue()
    const [header, payload, signature] = partsOf(token)
    for (const spelling of [`${token}=`, `${token}.`, `${token}.${signature}`, `${header}.${payload}`, `${header}..${signature}`, JSON.stringify({ payload, signatures: [{ protected: header, signature }] })]) {
      await expectDistrusted(spelling)
    }
  })
})

describe('what was pasted', () => {
  /** Short enough for a parser to quote the whole of it. */
  const CANARY = 'cAnArY7'

  it('F16, F17: is in no line of the log, whatever of it could not be read', async () => {
    const [header = '', payload = ''] = (await issue()).split('.').map(segment => Buffer.from(segment, 'base64url').toString())
    const spoilt = (json: string) => [CANARY, `{"${CANARY}`, `${json}${CANARY}`, json.replace(':', `:${CANARY}`), `[${CANARY}]`]
    const orders = [...spoilt(header).map(headerText => ({ headerText })), ...spoilt(payload).map(payloadText => ({ payloadText }))]
    const tokens = await Promise.all(orders.map(order => issue(order)))
    const from = stand.product.output().length
    const codes = new Set<unknown>()
    for (const token of tokens) codes.add((await stand.admin.save(token)).error?.code)
    expect(codes).toEqual(new Set(['CREDENTIAL_MALFORMED', 'TOKEN_CLAIMS_INVALID']))
    const told = () => stand.product.output().slice(from)
    await until('every refusal is in the log', () => told().split('"activation refused"').length > tokens.length)
    const output = told()
    expect(output).not.toContain(CANARY)
    for (const segment of tokens.flatMap(token => token.split('.')).filter(({ length }) => length > 20)) expect(output).not.toContain(segment)
  })
})
