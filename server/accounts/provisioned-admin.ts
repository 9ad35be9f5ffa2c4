import { randomUUID } from 'node:crypto'
import { eventOf } from '../license/events.ts'
import type { Log } from '../license/ports.ts'
import type { Passwords } from './passwords.ts'
import type { AccountStore, Applied, AppliedAdmin } from './ports.ts'

/** What became of the provisioned administrator at a start. */
export type AdminOutcome = 'created' | 'reset' | 'unchanged'

/** NC_ADMIN_EMAIL and NC_ADMIN_PASSWORD. */
export interface ProvisionedAdmin { email: string, password: string }

interface Options { store: AccountStore, passwords: Passwords, now: () => number, log: Pick<Log, 'warn'> }

/** The address used in the hashing queue; during a start nobody else is waiting in it. */
const AT_START = 'start'

/**
 * Applies the provisioned administrator once per value. A value that has been applied is not applied again, so that what was
 * changed on the page since then (password, role, the account itself) stays, and a leaked password stays dead. A new password is
 * the way back in: the account becomes an administrator with that password, and its sessions end. A new e-mail with the same
 * password creates that account unless it exists. If there is no administrator at all, the value is applied in any case. If the
 * last record cannot be read, the present value counts as applied where its account exists, as after an upgrade: a damaged row
 * must not undo what was changed on the page.
 */
export async function provisionAdmin(admin: ProvisionedAdmin, options: Options): Promise<AdminOutcome> {
  const { store, passwords } = options
  for (;;) {
    const previous = await store.appliedAdmin()
    const known = await readable(previous, options)
    const samePassword = isKnown(known) && await passwords.verify(known.passwordHash, admin.password, AT_START)
    const outcome = await outcomeOf(admin, known, samePassword, options)
    if (outcome === 'unchanged' && samePassword && known.email === admin.email) return outcome
    const passwordHash = samePassword ? known.passwordHash : await passwords.hash(admin.password, AT_START)
    // Another replica may just have applied the same value; the next round then finds nothing left to do.
    if (await write(outcome, { previous, applied: { email: admin.email, passwordHash } }, options) === 'written') return outcome
  }
}

async function readable(previous: Applied, { passwords, log }: Options): Promise<Applied> {
  if (!isKnown(previous) || await passwords.isHash(previous.passwordHash, AT_START)) return previous
  log.warn('the stored hash of the NC_ADMIN_PASSWORD applied last is damaged; to get back in, set a different password')
  return 'unknown'
}

/** Ends the state 'unknown' when nothing is provisioned, so that a value that is set later counts as new. */
export async function provisionNoAdmin({ store }: Pick<Options, 'store'>): Promise<void> {
  if (await store.appliedAdmin() === 'unknown') await store.applyAdmin({ previous: 'unknown', applied: null })
}

async function outcomeOf(
  { email, password }: ProvisionedAdmin, previous: Applied, samePassword: boolean, { store, passwords }: Options,
): Promise<AdminOutcome> {
  const user = await store.getUserByEmail(email)
  const nobodyGetsIn = await store.countAdmins() === 0
  if (!user) return isKnown(previous) && previous.email === email && samePassword && !nobodyGetsIn ? 'unchanged' : 'created'
  if (nobodyGetsIn) return 'reset'
  if (samePassword || previous === 'unknown') return 'unchanged'
  const setOnThePage = user.role === 'admin' && await passwords.verify(user.passwordHash, password, AT_START)
  return setOnThePage ? 'unchanged' : 'reset'
}

function write(outcome: AdminOutcome, { previous, applied }: { previous: Applied, applied: AppliedAdmin }, { store, now }: Options) {
  if (outcome === 'unchanged') return store.applyAdmin({ previous, applied })
  const [kind, details] = outcome === 'created'
    ? ['account_created', { role: 'admin' }] as const
    : ['account_changed', { change: 'reset' }] as const
  return store.applyAdmin({
    previous, applied,
    account: {
      user: { id: randomUUID(), email: applied.email, role: 'admin', passwordHash: applied.passwordHash, createdAt: now() },
      event: eventOf(kind, now(), { kind: 'environment' }, { account: applied.email, ...details }),
    },
  })
}

function isKnown(applied: Applied): applied is AppliedAdmin {
  return applied !== null && applied !== 'unknown'
}
