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
 * The token of the one-time set-up link; undefined once there is an administrator. It stays the same for an hour, at every start
 * and on every replica, because it is derived from the session secret and its expiry. Only the expiry and a digest are stored.
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

/** Whether the token is valid now. Checked before a password is hashed, so that a guess is cheap to refuse. */
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
