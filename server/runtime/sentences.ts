import words from '../../app/locales/en.json' with { type: 'json' }
import { durationText } from '../../shared/duration.ts'
import type { Rehearsal, ReplicaDisagreement } from '../../shared/contracts.ts'
import { worthSaying } from '../../shared/contracts.ts'
import type { Finding } from '../../shared/findings.ts'
import { textOf } from '../../shared/findings.ts'
import type { Outlook } from '../license/what-if.ts'

/*
 * Findings, what replicas disagree about, and what a rehearsal foresees, in English sentences, for the command line and for scripts.
 * The screen has its own, in every language.
 */

const { finding: texts, status: { headline }, whatIf: { because }, replicas: { disagree } } = words

type Told = Pick<Finding, 'cause' | 'facts' | 'stage'>

/** What was seen, in a sentence. */
export function sentenceOf(finding: Told): string {
  return fill(texts[textOf(finding)].seen, finding)
}

/** What to do about it, in a sentence or a few. */
export function remedyOf(finding: Told): string {
  return fill(texts[textOf(finding)].do, finding)
}

/** What replicas disagree about, and what to do about each: a line for one. */
export function adviceOnReplicas(about: readonly ReplicaDisagreement[]): string[] {
  return worthSaying(about).map(each => disagree[each])
}

/** Says of every state what holds, and why. `byClock`: the clock may be wrong by which a license has ended now. */
export function withSentences({ states, ...outlook }: Outlook, byClock: boolean): Rehearsal {
  return { ...outlook, states: states.map(seen => ({ ...seen, sentence: `${headlineOf(seen, byClock)}. ${because[seen.because]}` })) }
}

function headlineOf({ state, because: why }: Outlook['states'][number], byClock: boolean): string {
  return headline[state === 'expired' && (why === 'clock' || (why === 'now' && byClock)) ? 'endedByClock' : state]
}

/** Puts facts into a text. */
function fill(text: string, { facts }: Told): string {
  const values = new Map<string, unknown>(Object.entries(facts))
  return text.replaceAll(/\{(?:'(.)'|(\w+))\}/g, (_whole, literal: string | undefined, name: string | undefined) => {
    const value = values.get(name ?? '')
    return literal ?? (name === 'difference' && typeof value === 'number' ? durationText(value, 'en') : String(value ?? '?'))
  })
}
