import { createHash } from 'node:crypto'
import { NAMED_KEYS } from './named-keys.ts'

/** The license id of a key, the same in every process. */
export function licenseIdOf(key: string): string {
  if (Object.hasOwn(NAMED_KEYS, key)) return `lic_${key.replace(/^nc_/, '')}`
  return `lic_${createHash('sha256').update(key).digest('hex').slice(0, 20)}`
}
