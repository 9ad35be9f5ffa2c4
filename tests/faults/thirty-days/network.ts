import { z } from 'zod'
import { TYP } from '../../../server/license/claims.ts'
import type { CallOutcome } from '../../../server/license/ports.ts'
import { strangerSigner } from '../../support/signing.ts'
import type { Draft } from '../../support/simulated-vendor.ts'
import { failure, refused } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import type { Dice } from '../hostile/dice.ts'
import type { Trouble, Weather } from './script.ts'
import { troubleOf } from './script.ts'

/** A good answer that really reached the installation. Milliseconds of real time. */
export interface Answer {
  signedAt: number
  deliveredAt: number
  /** Whether there was a database to keep it: else the end of the process forgets it. */
  kept: boolean
}

export interface Network {
  weather: Weather
  readonly answers: readonly Answer[]
  readonly seen: Map<string, number>
  /** Until when the server asked not to be called again; no more than six hours are granted. */
  readonly mayRestUntil: number
  /** When the next call under way comes to its end, real time; Infinity when none is. */
  nextEnd(): number
  /** Ends the calls that are due by now. */
  deliver(): void
  /** The process ended: its calls lead nowhere, and what it only knew by heart is gone. */
  cut(): void
}

const answerSchema = z.union([z.object({ lease: z.string() }).transform(({ lease }) => lease), z.object({ kind: z.literal('lease'), jws: z.string() }).transform(({ jws }) => jws)])
const LONGEST_REST = 6 * 3_600_000
const claimsSchema = z.object({ iat: z.number() })

/** Puts a network between installation and vendor that does what the weather says. */
export function createNetwork(world: World, dice: Dice): Network {
  let waiting: { until: number, end: () => void }[] = []
  let answers: Answer[] = []
  let mayRestUntil = -Infinity
  const seen = new Map<string, number>()
  const { vendor, clock, store } = world

  function wait(ms: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      waiting.push({ until: clock.real() + ms, end: () => resolve(true) })
      signal?.addEventListener('abort', () => resolve(false))
    })
  }

  function note(value: unknown): void {
    const lease = answerSchema.safeParse(value)
    if (!lease.success) return
    const { iat } = claimsSchema.parse(JSON.parse(Buffer.from(lease.data.split('.')[1] ?? '', 'base64url').toString()))
    answers.push({ signedAt: iat * 1000, deliveredAt: clock.real(), kept: store.available })
  }

  function draw(): Trouble {
    const { weather } = network
    if (weather.kind === 'fair' || dice.chance(weather.fairOnce)) return { kind: 'none' }
    return troubleOf(dice, weather.troubles)
  }

  vendor.network = async <T>(reach: () => Promise<CallOutcome<T>>, signal?: AbortSignal): Promise<CallOutcome<T>> => {
    const trouble = draw()
    count(seen, trouble)
    if (trouble.kind === 'fails' && trouble.retryAfterMs !== null) mayRestUntil = clock.real() + Math.min(trouble.retryAfterMs, LONGEST_REST)
    if (trouble.kind === 'fails') {
      const { answered, code, refusal, retryAfterMs } = trouble
      return refusal === null ? failure(code, { answered, retryAfterMs }) : { ...refused(refusal), retryAfterMs }
    }
    if (trouble.kind === 'hangs') return await wait(trouble.ms, signal) ? failure('NET_TIMEOUT') : failure('NET_CONNECT')
    if (trouble.kind === 'spoilt') vendor.spoil = spoiler(trouble.how, dice)
    const answer = await reach()
    vendor.spoil = null
    if (trouble.kind === 'lost') return failure('NET_CONNECT')
    if (trouble.kind === 'slow' && !await wait(trouble.ms, signal)) return failure('NET_CONNECT')
    if (answer.ok && trouble.kind !== 'spoilt') note(answer.value)
    return answer
  }

  const network: Network = {
    weather: { kind: 'fair' },
    get answers() { return answers },
    seen,
    get mayRestUntil() { return mayRestUntil },
    nextEnd: () => Math.min(Infinity, ...waiting.map(({ until }) => until)),
    deliver() {
      const due = waiting.filter(({ until }) => until <= clock.real())
      waiting = waiting.filter(each => !due.includes(each))
      for (const { end } of due) end()
    },
    cut() {
      waiting = []
      const lastKept = answers.findLastIndex(({ kept }) => kept)
      answers = answers.slice(0, lastKept + 1)
    },
  }
  return network
}

function count(seen: Map<string, number>, trouble: Trouble): void {
  const names = [trouble.kind, ...(trouble.kind === 'fails' ? [trouble.code, ...(trouble.refusal ? [trouble.refusal] : [])] : []), ...(trouble.kind === 'spoilt' ? [trouble.how] : [])]
  for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1)
}

/** What a proxy, another license server or an attacker could make of an answer. */
function spoiler(how: Extract<Trouble, { kind: 'spoilt' }>['how'], dice: Dice): (draft: Draft) => void {
  return (draft) => {
    const { claims, header } = draft
    if (how === 'nonce') claims.nonce = dice.hex(16)
    if (how === 'signer') draft.signer = strangerSigner
    if (how === 'typ') header.typ = dice.pick([TYP.offline, TYP.verdict, 'JWT', undefined])
    if (how === 'installation') claims.instance_id = dice.hex(16)
    if (how === 'license') claims.sub = `lic_${dice.hex(4)}`
    if (how === 'method') claims.method = dice.pick(['airgapped', 'offline', 'trial'])
    if (how === 'number') claims.exp = dice.pick(['never', 1.5, null, -1, 1e300])
    if (how === 'older') claims.seq = 0
    if (how === 'claims') delete claims[dice.pick(['sub', 'iat', 'seq', 'check_in', 'features'])]
    if (how === 'header') Object.assign(header, dice.pick([{ alg: 'none' }, { crit: ['exp'] }, { jku: 'https://evil.example' }, { kid: 'x' }]))
    if (how === 'unsigned verdict') {
      draft.signer = strangerSigner
      Object.assign(claims, { verdict: 'revoked' })
      header.typ = TYP.verdict
    }
    if (how === 'flip') {
      const { byHand, ...signer } = draft.signer
      draft.signer = { ...signer, byHand: (...parts) => flipOneBit(byHand(...parts), dice) }
    }
  }
}

function flipOneBit(jws: string, dice: Dice): string {
  const [header, payload, signature = ''] = jws.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const bit = dice.int(0, 511)
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return [header, payload, bytes.toString('base64url')].join('.')
}
