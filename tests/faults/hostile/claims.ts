import { AUDIENCE, MAX_TERM, TYP } from '../../../server/license/claims.ts'
import type { Dice } from './dice.ts'
import type { Claims, Target } from './genuine.ts'
import { genuineClaims, headerOf, leaseClaims, verdictClaims } from './genuine.ts'
import { mintByHand, mintWithFastJwt } from './mint.ts'
import type { Mutation } from './mutation.ts'
import { mutation } from './mutation.ts'

const INVALID = 'TOKEN_CLAIMS_INVALID'
const KIND = 'TOKEN_WRONG_KIND'
const NUMBERS = ['exp', 'iat', 'nbf', 'seq'] as const
const TEXTS = ['iss', 'aud', 'sub', 'jti', 'instance_id', 'method', 'plan'] as const
const REQUIRED = ['iss', 'aud', 'sub', 'jti', 'iat', 'exp', 'seq', 'instance_id', 'method', 'plan', 'licensee', 'features', 'seats'] as const

/** Signs what `change` makes of genuine claims. */
const withClaims = (name: string, change: (claims: Claims, dice: Dice, target: Target) => Claims, codes: Mutation['codes'] = [INVALID]) =>
  mutation(name, codes, (dice, target) => mintByHand(headerOf(), change(genuineClaims(dice, target), dice, target)))
/** Signs the very text that `write` makes of genuine claims. */
const withText = (name: string, write: (json: string, dice: Dice) => string | Buffer) =>
  mutation(name, INVALID, (dice, target) => mintByHand(headerOf(), write(JSON.stringify(genuineClaims(dice, target)), dice)))

const NO_NUMBERS: readonly unknown[] = ['1', '', null, true, false, [], [1], {}, 0.5, -1, -0.5, Number.MAX_SAFE_INTEGER + 1, 1e300, '1e999', 'NaN']
const NO_TEXTS: readonly unknown[] = ['', null, 0, 1, true, false, [], ['x'], {}, { toString: 'x' }]
const LITERALS = ['1e999', '-1e999', '9e15', '-1', '1.5', '9007199254740993', '1e-1', '123456789012345678901234567890', '"1800000000"', 'null', 'true', '[1]'] as const

const WRONG_LICENSEES: readonly unknown[] = [
  null, 'Acme', [], {}, { organization: '' }, { organization: 5 }, { organization: null }, { organization: ['Acme'] }, { organization: 'x'.repeat(10_001) },
  { organization: 'Acme', email: 5 }, { organization: 'Acme', email: 'x'.repeat(321) }, { organization: 'Acme', email: null }, { Organization: 'Acme' },
]
const WRONG_FEATURES: readonly unknown[] = [null, 'sso', {}, [1], [null], [['sso']], [''], ['x'.repeat(257)], Array(501).fill('sso'), { 0: 'sso', length: 1 }, [{ name: 'sso' }]]
const WRONG_SEATS: readonly unknown[] = [-1, 0.5, '25', true, [], {}, 1e16, 'unlimited']

function deep(dice: Dice): string {
  const [open, core, close] = dice.pick([['[', '', ']'], ['{"a":', '1', '}'], ['[{"a":', '1', '}]']] as const)
  // Few are really deep: they cost as much as a thousand others.
  const depth = dice.chance(0.01) ? 100_000 : dice.int(10, 2000)
  return open.repeat(depth) + core + close.repeat(depth)
}

/** F17: properly signed, but no claims that a license could run on. */
export const wrongClaims: readonly Mutation[] = [
  withClaims('a required claim missing', (claims, dice) => ({ ...claims, [dice.pick(REQUIRED)]: undefined })),
  withClaims('a number that is none', (claims, dice) => ({ ...claims, [dice.pick(NUMBERS)]: dice.pick(NO_NUMBERS) })),
  withClaims('a text that is none', (claims, dice) => ({ ...claims, [dice.pick(TEXTS)]: dice.pick(NO_TEXTS) })),
  withText('a number spelt to an extreme', (json, dice) => json.replace(new RegExp(`"${dice.pick(['exp', 'iat', 'seq'])}":\\d+`), match =>
    `${match.slice(0, match.indexOf(':'))}:${match.startsWith('"seq') ? dice.pick(LITERALS.filter(each => each !== '9e15')) : dice.pick(LITERALS)}`)),
  withClaims('exp not after iat', (claims, dice) => ({ ...claims, exp: Number(claims.iat) - dice.pick([0, 1, dice.int(1, 1e9)]) })),
  withClaims('a term over twenty years', (claims, dice) => ({ ...claims, exp: Number(claims.iat) + MAX_TERM + dice.pick([1, dice.int(1, 1e9), 1e11]) })),
  withClaims('a licensee that is none', (claims, dice) => ({ ...claims, licensee: dice.pick(WRONG_LICENSEES) })),
  withClaims('features that are none', (claims, dice) => ({ ...claims, features: dice.pick(WRONG_FEATURES) })),
  withClaims('seats that are none', (claims, dice) => ({ ...claims, seats: dice.pick(WRONG_SEATS) })),
  withClaims('sub or jti out of form', (claims, dice) => ({ ...claims, ...dice.pick([
    { sub: 'x' }, { sub: 'LIC_1' }, { sub: 'lic_' }, { sub: 'lic_a b' }, { sub: `lic_${'x'.repeat(253)}` }, { sub: 'lic_1\n' }, { sub: 'lic_\u0000' }, { jti: 'x'.repeat(257) },
  ]) })),
  withClaims('everything under __proto__ or constructor', (claims, dice) => JSON.parse(`{"${dice.pick(['__proto__', 'constructor', 'prototype'])}":${JSON.stringify(claims)}}`)),
  withText('a claim named twice', (json, dice) => {
    const name = dice.pick(REQUIRED)
    const again = dice.chance(0.5) ? name : `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`
    const value = JSON.stringify(Object(JSON.parse(json))[name])
    return dice.chance(0.5) ? json.replace('{', `{"${again}":${value},`) : json.replace(/\}$/, `,"${again}":${dice.pick([value, '0', 'null'])}}`)
  }),
  withText('a nested member named twice', json => json.replace('"organization":', '"organization":"Other","organization":')),
  withText('a BOM or another encoding', (json, dice) => dice.pick([
    `\uFEFF${json}`, Buffer.from(json, 'utf16le'), Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(json, 'utf16le')]), Buffer.from(json.replace('"plan":"', '"plan":"\u00ff'), 'latin1'),
    Buffer.concat([Buffer.from(json.slice(0, -1)), Buffer.from([0x2c, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])]),
  ])),
  withText('no strict JSON', (json, dice) => dice.pick([
    `${json},`, `${json}${json}`, `${json}\u0000`, json.slice(0, dice.int(1, json.length - 1)), json.replace('}', ',}'), json.replaceAll('"', '\''), `// x\n${json}`, `/**/${json}`,
    json.replace(/"exp":\d+/, '"exp":NaN'), json.replace(/"exp":\d+/, '"exp":0x6fffffff'), json.replace(/"exp":(\d+)/, '"exp":0$1'), json.replace(/"exp":\d+/, '"exp":Infinity'), json.replaceAll('"', '“'),
  ])),
  withText('no object', (json, dice) => dice.pick(['null', '[]', `[${json}]`, JSON.stringify(json), '1', 'true', '""', ' ', '{}', '0'])),
  withText('nested deeply', (json, dice) => json.replace(/"(plan|licensee|exp)":("[^"]*"|\{[^}]*\}|\d+)/, (_, name) => `"${name}":${deep(dice)}`)),
]

/** F18: properly signed and well formed, but something else than an offline token for this product. */
export const wrongKinds: readonly Mutation[] = [
  withClaims('another issuer', (claims, dice) => ({ ...claims, iss: dice.pick([
    'https://app.nocodb.com/', 'http://app.nocodb.com', 'https://app.nocodb.com.evil.example', 'https://APP.nocodb.com', ' https://app.nocodb.com', 'app.nocodb.com', ['https://app.nocodb.com'], 'https://аpp.nocodb.com',
  ]) })),
  withClaims('another audience', (claims, dice) => ({ ...claims, aud: dice.pick(['nocodb-cloud', [AUDIENCE], [AUDIENCE, 'x'], 'NOCODB-self-hosted', `${AUDIENCE} `, '*', AUDIENCE.slice(1)]) })),
  mutation('another typ', KIND, (dice, target) => mintByHand(headerOf({ typ: dice.pick([
    undefined, null, '', 'JWT', 'JOSE', 'NC-OFFLINE+JWT', 'application/nc-offline+jwt', 'nc-offline', [TYP.offline], { a: 1 }, TYP.lease, TYP.verdict, ` ${TYP.offline}`, 'nc-offline+jwt;v=1', 7,
  ]) }), genuineClaims(dice, target))),
  withClaims('another method', (claims, dice) => ({ ...claims, method: dice.pick(['Offline', 'OFFLINE', 'trial', 'online', '', 'standard', 'constructor', 'airgapped ']) })),
  mutation('a method with all it needs, under the pasted kind', KIND, (dice, target) => mintWithFastJwt(leaseClaims(dice, target), TYP.offline)),
  mutation('a lease pasted', KIND, (dice, target) => mintWithFastJwt(leaseClaims(dice, target), TYP.lease)),
  mutation('an offline license under the lease\'s kind', KIND, (dice, target) => mintWithFastJwt(genuineClaims(dice, target), TYP.lease)),
  mutation('a verdict pasted', KIND, (dice, target) => mintWithFastJwt(verdictClaims(dice, target), TYP.verdict)),
  mutation('a verdict under the pasted kind', INVALID, (dice, target) => mintWithFastJwt(verdictClaims(dice, target), TYP.offline)),
]

const BOUND = 'BOUND_TO_DIFFERENT_INSTALLATION'
const otherDigit = (id: string, dice: Dice) => {
  const at = dice.int(0, id.length - 1)
  const digit = (parseInt(id[at] ?? '0', 16) + dice.int(1, 15)) % 16
  return id.slice(0, at) + digit.toString(16) + id.slice(at + 1)
}

/** F19: signed for another installation, however alike its name. */
export const wrongInstallations: readonly Mutation[] = [
  mutation('another installation', BOUND, (dice, target) => mintWithFastJwt({ ...genuineClaims(dice, target), instance_id: dice.hex(16) }, TYP.offline)),
  mutation('one digit off', BOUND, (dice, target) => mintWithFastJwt({ ...genuineClaims(dice, target), instance_id: otherDigit(target.instanceId, dice) }, TYP.offline)),
  mutation('turned round', BOUND, (dice, target) => mintWithFastJwt({ ...genuineClaims(dice, target), instance_id: [...target.instanceId].reverse().join('') }, TYP.offline)),
  withClaims('nearly its name', (claims, dice, { instanceId }) => ({ ...claims, instance_id: dice.pick([
    instanceId.replace(/[0-9a-f]/, 'A'), instanceId.slice(1), `${instanceId}0`, ` ${instanceId}`, `${instanceId}\n`, instanceId.replace(/(.{8})(.{4})/, '$1-$2-'), `0x${instanceId}`, '*', '.*',
    instanceId.replace(/[0-9a-f]/, '０'), [instanceId], { id: instanceId }, `${instanceId}\u0000`, `${instanceId},${instanceId}`,
  ]) })),
]

/** F20: not newer than the newest statement of the license that is held. */
export const olderOnes: readonly Mutation[] = [
  mutation('older', 'TOKEN_OLDER_THAN_CURRENT', (dice, target) => {
    const { sub, seq } = target.current
    return mintWithFastJwt({ ...genuineClaims(dice, target), sub, seq: dice.pick([0, 1, seq - 1, dice.int(0, seq - 1)]) }, TYP.offline)
  }),
  mutation('as old, but another', 'TOKEN_OLDER_THAN_CURRENT', (dice, target) => {
    const { sub, seq, jti } = target.current
    return mintWithFastJwt({ ...genuineClaims(dice, target), sub, seq, jti: dice.pick([`jti-${dice.hex(8)}`, jti.toUpperCase(), `${jti} `]) }, TYP.offline)
  }),
  mutation('older under the same name', 'TOKEN_OLDER_THAN_CURRENT', (dice, target) => {
    const { sub, seq, jti } = target.current
    return mintWithFastJwt({ ...genuineClaims(dice, target), sub, jti, seq: dice.int(0, seq - 1) }, TYP.offline)
  }),
]

const DAY = 86_400
/** F22: over, or not begun. */
export const wrongDates: readonly Mutation[] = [
  mutation('over', 'LICENSE_EXPIRED', (dice, target) => {
    const exp = target.now - dice.pick([0, 1, dice.int(0, 3600), dice.int(0, 3 * 365 * DAY)])
    return mintWithFastJwt({ ...genuineClaims(dice, target), nbf: undefined, iat: exp - dice.int(1, 365 * DAY), exp }, TYP.offline)
  }),
  mutation('not begun', 'TOKEN_NOT_YET_VALID', (dice, target) => {
    const nbf = target.now + dice.pick([DAY, dice.int(DAY, 365 * DAY)])
    return mintWithFastJwt({ ...genuineClaims(dice, target), nbf, exp: nbf + DAY }, TYP.offline)
  }),
  mutation('over before it begins', ['LICENSE_EXPIRED', 'TOKEN_NOT_YET_VALID'], (dice, target) => {
    const exp = target.now - dice.int(0, 30 * DAY)
    return mintWithFastJwt({ ...genuineClaims(dice, target), iat: exp - DAY, exp, nbf: target.now + DAY }, TYP.offline)
  }),
]
