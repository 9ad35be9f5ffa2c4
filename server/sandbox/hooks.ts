import { createHash } from 'node:crypto'
import type { CallFailure, Clock, Random } from '../license/ports.ts'
import { INSTANCE_ID } from '../license/claims.ts'
import { createMutex } from '../storage/mutex.ts'
import { getApp } from '../runtime/app.ts'
import type { Environment } from '../runtime/config-source.ts'
import type { Handle, SandboxHooks } from '../runtime/sandbox-hooks.ts'
import { createSystemClock } from '../runtime/system-clock.ts'
import type { Seen } from '../../shared/findings.ts'
import type { OutageCause } from './samples.ts'
import { outageOf } from './samples.ts'
import { withOutage } from './outage.ts'
import { createSandboxTime } from './time.ts'

/* What a sandbox build puts between the product and the world, and what its routes change there. One of each per process. */

export const time = createSandboxTime(createSystemClock())

const MINUTE = 60_000
const turns = createMutex()
const configured: { instanceId: string | null, limited: boolean } = { instanceId: null, limited: true }
interface Current {
  instanceId: string | null
  seed: Random | null
  outage: OutageCause | null
  trouble: { seen: Seen, since: number } | null
}
const current: Current = { instanceId: null, seed: null, outage: null, trouble: null }
const opened = Promise.withResolvers<Handle>()

/** The running product. Resolves as soon as its start has begun. */
export const whenOpened = opened.promise

/** Runs `work` while the schedule stands still. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  await turns.take(10 * MINUTE)
  try {
    return await work()
  }
  finally {
    turns.pass()
  }
}

/** From now on every call to the license server fails with this cause; null ends it. */
export function setOutage(cause: OutageCause | null): void {
  current.outage = cause
}

export function setStorageTrouble(seen: Seen | null): void {
  current.trouble = seen && { seen, since: time.now() ?? Date.now() }
}

export interface Beginning {
  /** The Instance ID of the next start; null for the configured one, or else a random one. */
  instanceId: string | null
  /** Makes everything that is random the same for the same number; null for chance. */
  random: number | null
}

/** What the next start begins with; ends every rehearsed fault. */
export function beginWith({ instanceId, random }: Beginning): void {
  current.instanceId = instanceId
  current.seed = random === null ? null : seededRandom(random)
  setOutage(null)
  setStorageTrouble(null)
}

function seededRandom(seed: number): Random {
  let drawn = 0
  const draw = (): string => createHash('sha512').update(`${seed}:${drawn++}`).digest('hex')
  return { hex: bytes => draw().slice(0, bytes * 2), unit: () => Number.parseInt(draw().slice(0, 12), 16) / 2 ** 48 }
}

const currentOutage = (): CallFailure | null => current.outage && outageOf(current.outage)

/** Takes the variables of the sandbox; returns what is wrong with them. */
function configure(env: Environment): string[] {
  const instanceId = env.NC_SANDBOX_INSTANCE_ID?.trim() || null
  const limits = env.NC_SANDBOX_NO_LIMITS?.trim() || null
  configured.instanceId = instanceId
  configured.limited = limits !== '1'
  return [
    ...(instanceId === null || INSTANCE_ID.test(instanceId) ? [] : ['NC_SANDBOX_INSTANCE_ID: expected 32 hexadecimal digits, in lower case']),
    ...(limits === null || limits === '1' ? [] : ['NC_SANDBOX_NO_LIMITS: expected 1']),
  ]
}

export const sandboxHooks: SandboxHooks = {
  configure,
  instanceId: () => current.instanceId ?? configured.instanceId,
  get limited() { return configured.limited },
  clock: (machine: Clock) => time.clock(machine),
  accountClock: (machine: Clock) => time.accountClock(machine),
  random: source => ({ hex: bytes => (current.seed ?? source).hex(bytes), unit: () => (current.seed ?? source).unit() }),
  callHeaders(): Record<string, string> {
    const at = time.now()
    const installation = getApp()?.license.instanceId
    return at === null || !installation ? {} : { 'x-sandbox-time': String(Math.round(at)), 'x-sandbox-installation': installation }
  },
  client: client => withOutage(client, currentOutage),
  storageTrouble: () => current.trouble,
  inTurn,
  open: opened.resolve,
}
