import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Failure, Result } from '~/api/failure'
import { isRecord, mayBeDone, UNREACHABLE } from '~/api/failure'
import { useApi } from '~/api/use-api'
import { isLicenseOfKey } from '~/license/replacement'
import { useNow } from './now'
import { useSessionStore } from './session'
import type { CheckInDay, LicenseView, OutboundRequest, Preview, Rehearsal, Supposition } from '#shared/contracts'
import type { SaveStep } from '#shared/method-rules'
import { SAVE_STEPS } from '#shared/method-rules'
import { judgePaste } from '#shared/paste/judge-paste'

/** Whether this is the license of a credential, as far as a view tells. */
function isLicenseOf(view: LicenseView | null, text: string): boolean {
  const { credential } = judgePaste(text, { instanceId: view?.instanceId ?? '', silent: false })
  if (view === null || credential === null) return false
  return 'key' in credential ? isLicenseOfKey(view, credential) : view.method === credential.method
}

function isSame(one: Failure | null, other: Failure): boolean {
  return one?.code === other.code && one.finding?.cause === other.finding?.cause
}

/** A save takes at most as long as the calls it makes, and those ten seconds; ms. */
const ASK_AGAIN_AFTER = [500, 1000, 2000, 4000, 8000]
/** A proxy that is started again, or another network, is back by then. */
const MOST_SILENCES = 4
/** Milliseconds that each of these looks may take, on a connection that has gone silent. */
const LOOK_WITHIN = 10_000
/** What an administrator has asked for and is under way. */
export type Busy = 'save' | 'check-in' | 'remove' | 'put-back' | null
const isSaveStep = (value: unknown): value is SaveStep => SAVE_STEPS.some(step => step === value)

export const useLicenseStore = defineStore('license', () => {
  const api = useApi()
  const now = useNow()
  const session = useSessionStore()
  const view = ref<LicenseView | null>(null)
  const days = ref<CheckInDay[]>([])
  const outbound = ref<OutboundRequest | null>(null)
  const loadFailure = ref<Failure | null>(null)
  const actionFailure = ref<Failure | null>(null)
  /** What the last action failed with, also on the pages that explain it; null once one succeeds. */
  const recentFailure = ref<Failure | null>(null)
  const busy = ref<Busy>(null)
  const steps = ref<SaveStep[]>([])
  /** What was typed and is not saved. */
  const draft = ref('')
  /** What the last rehearsal foresees; null until it is answered. */
  const rehearsal = ref<Result<Rehearsal> | null>(null)
  /** The server's clock minus the browser's, ms; null until the browser has an answer of its own. */
  const clockOffset = ref<number | null>(null)

  // Numbers the calls, as a slow poll may arrive after a newer answer. Server time can't order them: a clock may be set back.
  let asked = 0
  let accepted = 0

  function accept(next: LicenseView, number: number) {
    if (number < accepted) return
    accepted = number
    view.value = next
    loadFailure.value = null
    if (import.meta.client) clockOffset.value = Date.parse(next.serverTime) - Date.now()
    now.value = Date.parse(next.serverTime)
  }

  async function refresh() {
    const number = ++asked
    const result = await api.call<LicenseView>('/api/license')
    if (result.ok) accept(result.value, number)
    // A failure is an answer too: it says nothing about a call that was made after it. The same one again is no news to read.
    else if (number > accepted && !isSame(loadFailure.value, result.failure)) loadFailure.value = result.failure
    return result.ok ? null : result.failure
  }

  async function loadFacts() {
    const [checkIns, last] = await Promise.all([
      api.call<{ days: CheckInDay[] }>('/api/license/check-ins', { query: { days: 30 } }),
      api.call<{ last: OutboundRequest | null }>('/api/license/outbound'),
    ])
    if (checkIns.ok) days.value = checkIns.value.days
    if (last.ok) outbound.value = last.value.last
  }

  async function load() {
    await Promise.all([refresh(), loadFacts()])
  }

  async function finish(result: Result<LicenseView>) {
    recentFailure.value = result.ok ? null : result.failure
    if (result.ok) accept(result.value, ++asked)
    else {
      actionFailure.value = result.failure
      // The action is over; the rest only brings the page up to date.
      busy.value = null
    }
    // A failed attempt may change the license too, and a conflict means that the screen is out of date.
    if (!result.ok) await Promise.all([session.recheck(result.failure), refresh()])
    await loadFacts()
    if (result.ok) busy.value = null
    return result.ok ? null : result.failure
  }

  function begin(action: Busy) {
    busy.value = action
    actionFailure.value = null
    steps.value = []
  }

  /** `revision`: of the license that is to be replaced; the one on the screen, unless that was asked about before. */
  async function save(credential: string, revision = view.value?.revision) {
    begin('save')
    const result = await api.stream<LicenseView>('/api/license', { method: 'PUT', body: { credential, revision } }, ({ event, data }) => {
      if (event === 'step' && isRecord(data) && isSaveStep(data.step)) steps.value = [...steps.value, data.step]
    })
    const isOpen = !result.ok && mayBeDone(result.failure)
    if (isOpen && await wasSaved(credential, revision) && view.value) return finish({ ok: true, value: view.value })
    return finish(result)
  }

  /** Refreshes, but does not wait for it long. */
  async function look() {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<Failure>((resolve) => { timer = setTimeout(() => resolve(UNREACHABLE), LOOK_WITHIN) })
    return Promise.race([refresh(), late]).finally(() => clearTimeout(timer))
  }

  /** The connection broke, but the server goes on: asks it what became of the save. */
  async function wasSaved(text: string, revision: number | undefined) {
    const before = view.value?.activatedAt
    let silences = 0
    for (const wait of ASK_AGAIN_AFTER) {
      await new Promise(resolve => setTimeout(resolve, wait))
      if (await look() && ++silences === MOST_SILENCES) return false
      const isNew = view.value?.revision !== revision && view.value?.activatedAt !== before
      if (isNew && isLicenseOf(view.value, text)) return true
    }
    return false
  }

  async function checkIn() {
    begin('check-in')
    return finish(await api.call<LicenseView>('/api/license/check-in', { method: 'POST' }))
  }

  /** `revision`: of the license that somebody was asked about. */
  async function remove(revision: number) {
    begin('remove')
    return finish(await api.call<LicenseView>('/api/license', { method: 'DELETE', body: { revision } }))
  }

  async function putBack() {
    begin('put-back')
    return finish(await api.call<LicenseView>('/api/license/previous', { method: 'POST', body: { revision: view.value?.revision } }))
  }

  let rehearsed = 0
  async function rehearse(supposition: Supposition) {
    const number = ++rehearsed
    rehearsal.value = null
    const result = await api.call<Rehearsal>('/api/license/what-if', { method: 'POST', body: { ...supposition } })
    if (number === rehearsed) rehearsal.value = result
  }

  const preview = (credential: string) =>
    api.call<Preview>('/api/license/preview', { method: 'POST', body: { credential } })
  const activationRequest = () => api.call<{ text: string, email: string }>('/api/license/activation-request')

  return {
    view, days, outbound, loadFailure, actionFailure, recentFailure, busy, steps, draft, rehearsal, clockOffset,
    refresh, loadFacts, load, save, checkIn, remove, putBack, rehearse, preview, activationRequest,
  }
})
