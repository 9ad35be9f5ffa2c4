import { randomBytes } from 'node:crypto'
import { methodOfKey } from '../../../shared/credential.ts'
import { METHOD_RULES } from '../../../shared/method-rules.ts'
import type { KeyMethod } from '../../../shared/method-rules.ts'

/** A new key whose prefix names its method: one in 262,144 random texts would turn a standard key into an airgapped one. */
export function newKey(method: KeyMethod, random: () => string = () => randomBytes(18).toString('base64url')): string {
  for (;;) {
    const key = METHOD_RULES[method].keyPrefix + random()
    if (methodOfKey(key) === method) return key
  }
}
