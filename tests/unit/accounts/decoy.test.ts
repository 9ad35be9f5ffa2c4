import type * as Library from '@node-rs/argon2'
import { expect, it, vi } from 'vitest'
import { createHashingQueue } from '../../../server/accounts/hashing-queue.ts'
import { createPasswords } from '../../../server/accounts/passwords.ts'

const argon2 = vi.hoisted(() => ({ failures: 0 }))
vi.mock('@node-rs/argon2', async (load) => {
  const library = await load<typeof Library>()
  return {
    ...library,
    hash: (...given: Parameters<typeof library.hash>) => argon2.failures-- > 0 ? Promise.reject(new Error('out of memory')) : library.hash(...given),
  }
})

it('an account that is not there is a wrong password again, once there is memory to work that out', async () => {
  const passwords = createPasswords(createHashingQueue())
  argon2.failures = 1
  await expect(passwords.verify(undefined, 'anything', 'a')).rejects.toThrow('out of memory')
  expect(await passwords.verify(undefined, 'anything', 'a')).toBe(false)
})
