import { beforeEach, describe, expect, it } from 'vitest'
import { headerOf, offlineClaims } from '../../support/claims.ts'
import { strangerSigner, vendorSigner, verifySynchronously } from '../../support/signing.ts'
import { failure, KEY } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

/** Short enough for a parser to quote the whole of it. */
const CANARY = 'cAnArY7'
const HEADER = JSON.stringify(headerOf('offline'))
const PAYLOAD = JSON.stringify(offlineClaims())

async function refusedBy(world: World, credential: string): Promise<Record<string, unknown>> {
  await expect(world.service.save({ credential, actor: ADMIN })).rejects.toThrow()
  const [line, ...others] = world.log.filter(({ message }) => message === 'activation refused')
  expect(others).toEqual([])
  return line?.fields ?? {}
}

describe('the log line of a refused credential', () => {
  it.each([
    ['F16: a header that is no JSON', CANARY, PAYLOAD, { code: 'CREDENTIAL_MALFORMED', reference: 'NCL-101', cause: 'token_changed', stage: 'credential', error: 'SyntaxError' }],
    ['F16: a header that ends amid itself', `{"alg":"${CANARY}`, PAYLOAD, { code: 'CREDENTIAL_MALFORMED', reference: 'NCL-101', cause: 'token_changed', stage: 'credential', error: 'SyntaxError' }],
    ['F16: a header with something behind it', `${HEADER}${CANARY}`, PAYLOAD, { code: 'CREDENTIAL_MALFORMED', reference: 'NCL-101', cause: 'token_changed', stage: 'credential', error: 'SyntaxError' }],
    ['F17: a payload that is no JSON', HEADER, CANARY, { code: 'TOKEN_CLAIMS_INVALID', reference: 'NCL-111', cause: 'claims_invalid', stage: 'credential', error: 'SyntaxError' }],
    ['F17: a payload with something amid it', HEADER, PAYLOAD.replace('"plan":', `"plan":${CANARY}`), { code: 'TOKEN_CLAIMS_INVALID', reference: 'NCL-111', cause: 'claims_invalid', stage: 'credential', error: 'SyntaxError' }],
    ['F17: a claim that is out of range', HEADER, PAYLOAD.replace(/"plan":"[^"]*"/, `"plan":["${CANARY}"]`), { code: 'TOKEN_CLAIMS_INVALID', reference: 'NCL-111', cause: 'claims_invalid', stage: 'credential', claim: 'plan', error: '' }],
  ])('%s is named by the kind of its error and not quoted', async (_what, header, payload, fields) => {
    const world = await createWorld()
    const credential = vendorSigner.byHand(header, payload)
    expect(await refusedBy(world, credential)).toEqual(fields)
    const log = JSON.stringify(world.log)
    expect(log).not.toContain(CANARY)
    for (const segment of credential.split('.')) expect(log).not.toContain(segment)
  })

  it('F14: names the library\'s own code where a signature does not match', async () => {
    const world = await createWorld()
    const fields = await refusedBy(world, strangerSigner.byHand(HEADER, PAYLOAD))
    expect(fields).toEqual({
      code: 'TOKEN_SIGNATURE_INVALID', reference: 'NCL-108', cause: 'token_changed', stage: 'credential',
      error: 'JWSSignatureVerificationFailed ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    })
  })

  it.each([[new Error('connect ECONNREFUSED 192.0.2.1:443'), 'Error: connect ECONNREFUSED 192.0.2.1:443'], ['HTTP 503', 'HTTP 503'], [undefined, '']])(
    'F31: tells of the way to the license server what the system says of it: %s', async (cause, told) => {
      const world = await createWorld()
      world.vendor.failing = failure('NET_CONNECT', { cause })
      expect(await refusedBy(world, KEY)).toEqual({
        code: 'NET_CONNECT', reference: 'NCL-202', cause: 'refused', stage: 'tcp', host: 'vendor.example', error: told,
      })
    })
})
