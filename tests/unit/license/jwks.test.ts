import { expect, it } from 'vitest'
import { jwksSchema } from '../../../server/license/jwks.ts'
import { createSigner } from '../../support/signing.ts'

const [one, other] = ['vendor-1', 'vendor-2'].flatMap(kid => createSigner(kid).jwks.keys)

it('the trusted keys are one or more, each under a name of its own', () => {
  expect(jwksSchema.safeParse({ keys: [one, other] }).success).toBe(true)
  expect(jwksSchema.safeParse({ keys: [] }).success).toBe(false)
  const twice = jwksSchema.safeParse({ keys: [one, { ...other, kid: 'vendor-1' }] })
  expect(twice.error?.issues.map(({ message }) => message)).toEqual(['two keys share a kid'])
})
