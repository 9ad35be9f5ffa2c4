import { expect, it } from 'vitest'
import { isTriedAgain, textOfEnvDiffers } from '../../../../app/license/provided-key.ts'
import { ERROR_CODES, ERRORS } from '../../../../shared/errors.ts'

it.each(ERROR_CODES)('a key that was not applied because of %s is tried again unless the key is at fault', (code) => {
  // A token of the future comes into force by itself.
  expect(isTriedAgain(code)).toBe(ERRORS[code].group !== 'credential' || code === 'TOKEN_NOT_YET_VALID')
})

it.each([
  ['NET_CONNECT', true, 'retried'], ['NET_CONNECT', false, 'retriedNone'], ['STORAGE_UNAVAILABLE', false, 'retriedNone'],
  ['KEY_UNKNOWN', true, 'text'], ['KEY_UNKNOWN', false, 'textNone'], [null, false, 'textNone'],
] as const)('a key that was not applied because of %s, entitled: %j, is told as %s', (error, entitled, said) => {
  expect(textOfEnvDiffers(error, entitled)).toBe(`warnings.ENV_DIFFERS.${said}`)
})
