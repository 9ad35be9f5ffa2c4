import { useI18n } from '#imports'
import { computed, ref, watch } from 'vue'
import type { Failure } from '~/api/failure'
import { featuresEndAt } from '~/license/features-end'
import { isEndedByClock } from '~/license/fitting-errors'
import { endsEarlier } from '~/license/replacement'
import { failureMail, requestMail } from '~/license/support-mail'
import { isWell } from '~/license/well'
import { useLicenseStore } from '~/stores/license'
import type { LicenseState, LicenseView } from '#shared/contracts'
import { isDatabaseTrouble, isRefusal } from '#shared/findings'
import { FIRST_METHOD, METHOD_RULES, rulesOf } from '#shared/method-rules'
import { useFeatureName } from './useFeatureName'
import { useListText } from './useListText'
import { useTimeText } from './useTimeText'

export type Tone = 'green' | 'orange' | 'red' | 'grey'
export type StatusAction = 'checkIn' | 'renew' | 'request' | 'support' | 'reissue' | 'renewal'

const TONES: Record<LicenseState, Tone> = {
  unlicensed: 'grey', invalid: 'red', mismatch: 'red', revoked: 'red', suspended: 'red', expired: 'red', paused: 'red',
  grace: 'orange', active: 'green',
}
const LEFT = [['days', 86_400_000], ['hours', 3_600_000], ['minutes', 60_000], ['seconds', 1000]] as const

/** Puts the license into words: badge, headline, a sentence, and the one action that helps. `isWarned`: of more than the license. */
export function useLicenseStatus(view: () => LicenseView, isWarned: () => boolean = () => false) {
  const { t } = useI18n()
  const time = useTimeText()
  const both = (iso: string | null) => iso ? time.both(iso) : t('common.unknown')

  const tone = computed(() => TONES[view().state])
  const expiresSoon = computed(() => view().warnings.some(warning => warning.code === 'EXPIRES_SOON'))
  const failing = computed(() => (view().checkIn?.consecutiveFailures ?? 0) > 0)

  const badge = computed(() => {
    const { state } = view()
    if (state !== 'grace') return t(`states.${state}`)
    const end = featuresEndAt(view())
    const left = end ? Math.max(0, Date.parse(end) - time.now.value) : 0
    const [unit, length] = LEFT.find(([, unitLength]) => left >= unitLength) ?? ['seconds', 1000]
    return t(`states.grace.${unit}`, Math.max(1, Math.round(left / length)))
  })
  const byClock = computed(() => isEndedByClock(view()))
  const headline = computed(() => t(`status.headline.${byClock.value ? 'endedByClock' : view().state}`))
  const lasts = (license: LicenseView) => both(featuresEndAt(license))

  // With a finding or a warning beside it, or a term that somebody has to renew, there is something to do.
  function withNothingToDo(said: string) {
    const isDone = isWell(view()) && !isWarned() && view().renews
    return isDone ? t('common.twoSentences', { first: said, second: t('status.nothing') }) : said
  }
  function activeSentence(license: LicenseView) {
    const expires = both(license.expiresAt)
    const { finding } = license
    if (finding && isDatabaseTrouble(finding)) return t('status.sentence.active.storage')
    if (license.method && !METHOD_RULES[license.method].checksIn) {
      return t(`status.sentence.active.${license.method}${expiresSoon.value ? 'Soon' : ''}`, { expires })
    }
    if (failing.value) return t(`status.sentence.active.${finding && isRefusal(finding) ? 'standardRefused' : 'standardFailing'}`, { grace: lasts(license) })
    if (expiresSoon.value) return t('status.sentence.active.standardSoon', { expires })
    const nextAt = license.checkIn?.nextAt
    if (!nextAt || Date.parse(nextAt) <= time.now.value) return withNothingToDo(t('status.sentence.active.standardNow'))
    return withNothingToDo(t('status.sentence.active.standard', { next: time.both(nextAt) }))
  }
  const sentence = computed(() => {
    const license = view()
    const asks = rulesOf(license.method)?.checksIn ? 'check' : 'still'
    // A new token is then not entered on this page.
    const kind = license.managedByEnv && rulesOf(license.method)?.credential === 'token' ? 'managedToken' : license.method ?? FIRST_METHOD
    switch (license.state) {
      case 'active': return activeSentence(license)
      case 'unlicensed': return t(license.managedByEnv ? 'status.sentence.unlicensedManaged' : 'status.sentence.unlicensed')
      case 'expired': return t(byClock.value ? 'status.sentence.endedByClock' : `status.sentence.expired.${kind}`, { expires: both(license.expiresAt) })
      case 'mismatch': return t(`status.sentence.mismatch.${kind}`)
      case 'revoked': case 'suspended': return t(`status.sentence.${license.state}.${asks}`)
      case 'grace': return t('status.sentence.grace', {
        last: both(license.checkIn?.lastSuccessAt ?? license.issuedAt), grace: lasts(license),
      })
      case 'paused': return t('status.sentence.paused', { grace: both(license.graceEndsAt) })
      default: return t(`status.sentence.${license.state}`)
    }
  })

  const action = computed<StatusAction | null>(() => {
    const { state, method } = view()
    const rules = rulesOf(method)
    const checksIn = rules?.checksIn ?? false
    // What is asked of the license server now it has answered already: the renewal is still to be bought.
    if (!checksIn && view().finding?.cause === 'refused_expired') return 'renewal'
    const extension = checksIn ? 'checkIn' : rules?.renewsOnRequest ? 'renew' : 'request'
    switch (state) {
      // The field is there.
      case 'unlicensed': case 'invalid': return null
      case 'mismatch': return 'reissue'
      case 'revoked': case 'suspended': return 'support'
      case 'grace': case 'paused': return 'checkIn'
      // A subscription that renews by itself has been renewed or will be; only the check-in is missing.
      case 'expired': return byClock.value ? null : checksIn && !view().renews ? 'renewal' : extension
      default:
        if (checksIn && failing.value) return 'checkIn'
        if (!expiresSoon.value) return null
        return checksIn ? 'renewal' : extension
    }
  })

  /** For an action that is a mail: the mail. */
  const mail = computed(() => {
    switch (action.value) {
      case 'support': case 'reissue': case 'renewal': return requestMail(action.value, view())
      default: return null
    }
  })
  return { tone, badge, headline, sentence, action, mail }
}

/** Announces a change of the license's state to screen readers while the page is open. */
export function useStateAnnouncement() {
  const license = useLicenseStore()
  const { t } = useI18n()
  const announcement = ref('')
  watch(() => license.view?.state, (state, before) => {
    if (!state || !before) return
    const byClock = license.view !== null && isEndedByClock(license.view)
    announcement.value = t('status.announce', { headline: t(`status.headline.${byClock ? 'endedByClock' : state}`) })
  })
  return { announcement }
}

/** Says what a check-in came to, and whether that is bad; of an airgapped license, whether it was renewed. `before`: its expiry before. */
export function useCheckInNotice() {
  const license = useLicenseStore()
  const { t } = useI18n()
  const time = useTimeText()
  return (before: string | null | undefined) => {
    const { state, entitled, method, expiresAt } = license.view ?? {}
    // A verdict is an answer too, and whoever asked is told that it came, even where it is the one from before.
    if (state && !entitled) return { text: t('credential.checkedInStill', { headline: t(`status.headline.${state}`) }), isBad: true }
    if (!expiresAt) return { text: '', isBad: false }
    const expires = time.both(expiresAt)
    if (!rulesOf(method)?.renewsOnRequest) return { text: t('credential.checkedInUntil', { expires }), isBad: false }
    return { text: t(expiresAt === before ? 'renewal.notYet' : 'renewal.renewed', { expires }), isBad: false }
  }
}

/** Says that a license was saved, and what is less than before. `before`: the license until then. */
export function useSavedNotice() {
  const license = useLicenseStore()
  const { t } = useI18n()
  const time = useTimeText()
  const list = useListText()
  const featureName = useFeatureName()
  return (before: LicenseView | null) => {
    const after = license.view
    if (!before?.entitled || !after?.expiresAt || !before.expiresAt) return { text: t('credential.saved'), lessThanBefore: false }
    const lost = before.features.filter(name => !after.features.includes(name)).map(featureName)
    const isShorter = endsEarlier(after.expiresAt, before.expiresAt)
    const first = isShorter
      ? t('credential.savedShorter', { expires: time.both(after.expiresAt), before: time.absolute(before.expiresAt) })
      : t('credential.saved')
    const text = lost.length > 0 ? t('common.twoSentences', { first, second: t('credential.savedFewer', { features: list(lost) }) }) : first
    return { text, lessThanBefore: isShorter || lost.length > 0 }
  }
}

/** The mail to support about a failure, with the facts of this installation; null unless only support can help. */
export function useFailureMail(failure: () => Failure) {
  const license = useLicenseStore()
  return computed(() => failureMail(failure(), license.view))
}
