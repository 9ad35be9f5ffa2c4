import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { AccountStore } from './ports.ts'

/** Milliseconds. */
const GOOD_FOR = 60 * 60_000

export interface SetupOffer {
  token: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

interface Options { store: AccountStore, sessionSecret: string, now: () => number }

/**
 * The one-time link's token; undefined once there is an administrator. It is the same at every start and on every replica until
 * its hour has passed: it is made of the session secret and the time at which it ends, so that only its digest need be stored.
 */
export async function offerSetup({ store, sessionSecret, now }: Options): Promise<SetupOffer | undefined> {
  if (await store.countAdmins() > 0) return undefined
  for (;;) {
    const stored = await store.setupToken()
    if (stored && stored.expiresAt > now()) {
      const token = tokenOf(sessionSecret, stored.expiresAt)
      if (digestOf(token) === stored.digest) return { token, expiresAt: stored.expiresAt }
    }
    const expiresAt = Math.round(now() + GOOD_FOR)
    const token = tokenOf(sessionSecret, expiresAt)
    const written = await store.saveSetupToken({ digest: digestOf(token), expiresAt }, stored?.digest ?? null)
    if (written === 'written') return { token, expiresAt }
  }
}

/** Whether the token would be taken now. Looked up without a lock, so that a guess costs no password hash. */
export async function isSetupToken(token: string, { store, now }: Pick<Options, 'store' | 'now'>): Promise<boolean> {
  const stored = await store.setupToken()
  const given = Buffer.from(digestOf(token))
  if (stored === null || stored.expiresAt <= now()) return false
  return stored.digest.length === given.length && timingSafeEqual(Buffer.from(stored.digest), given)
}

function tokenOf(sessionSecret: string, expiresAt: number): string {
  return createHmac('sha256', sessionSecret).update(`set-up link until ${expiresAt}`).digest().subarray(0, 24).toString('base64url')
}

export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
