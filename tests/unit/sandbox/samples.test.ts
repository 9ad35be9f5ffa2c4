import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { PASTES } from '../../../server/sandbox/samples.ts'

const isBase64url = (text: string) => Buffer.from(text, 'base64url').toString('base64url') === text

/** What is pasted for a cause, of a token with a random signature. */
async function signatureFor(cause: 'token_cut' | 'token_changed') {
  const signature = randomBytes(64).toString('base64url')
  const paste = await PASTES[cause]?.({ key: '', instanceId: '', now: 0, request: '', issue: async () => `e30.e30.${signature}` })
  return { signature, pasted: paste?.split('.')[2] ?? '' }
}

it('whether a damaged token is refused for its form or its signature is no matter of chance', async () => {
  for (let time = 0; time < 500; time++) {
    expect(isBase64url((await signatureFor('token_cut')).pasted)).toBe(false)
    const { signature, pasted } = await signatureFor('token_changed')
    expect(isBase64url(pasted)).toBe(true)
    expect(pasted).not.toBe(signature)
    expect(pasted).toHaveLength(signature.length)
  }
})
