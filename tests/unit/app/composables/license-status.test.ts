import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import type { StatusAction, Tone } from '../../../../app/composables/useLicenseStatus.ts'
import { useCheckInNotice, useLicenseStatus, useSavedNotice } from '../../../../app/composables/useLicenseStatus.ts'
import { useTimeText } from '../../../../app/composables/useTimeText.ts'
import { useLicenseStore } from '../../../../app/stores/license.ts'
import { useNow } from '../../../../app/stores/now.ts'
import type { LicenseState, LicenseView } from '../../../../shared/contracts.ts'
import { STATES } from '../../../../shared/contracts.ts'
import type { Method } from '../../../../shared/method-rules.ts'
import { METHODS } from '../../../../shared/method-rules.ts'
import { found } from '../../../support/app/findings.ts'
import { checkInsOf, nextCheckIn, viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage, useI18n } from '../../../support/app/nuxt-imports.ts'

const NOW = Date.parse('2026-03-01T12:00:00.000Z')
const END = '2026-12-31T00:00:00.000Z'
const SOON: LicenseView['warnings'] = [{ code: 'EXPIRES_SOON', expiresAt: END, days: 20 }]

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
  useNow().value = NOW
})

interface Words { tone: Tone, sentence: string, action: StatusAction | null }
const same = (words: Words): Record<Method, Words> => ({ standard: words, airgapped: words, offline: words })

/* What the screen says in each state and by each method: written out, not worked out from METHOD_RULES. */
const TABLE: Record<LicenseState, Record<Method, Words>> = {
  unlicensed: same({ tone: 'grey', sentence: 'unlicensed', action: null }),
  invalid: same({ tone: 'red', sentence: 'invalid', action: null }),
  mismatch: {
    standard: { tone: 'red', sentence: 'mismatch.standard', action: 'reissue' },
    airgapped: { tone: 'red', sentence: 'mismatch.airgapped', action: 'reissue' },
    offline: { tone: 'red', sentence: 'mismatch.offline', action: 'reissue' },
  },
  revoked: {
    standard: { tone: 'red', sentence: 'revoked.check', action: 'support' },
    airgapped: { tone: 'red', sentence: 'revoked.still', action: 'support' },
    offline: { tone: 'red', sentence: 'revoked.still', action: 'support' },
  },
  suspended: {
    standard: { tone: 'red', sentence: 'suspended.check', action: 'support' },
    airgapped: { tone: 'red', sentence: 'suspended.still', action: 'support' },
    offline: { tone: 'red', sentence: 'suspended.still', action: 'support' },
  },
  expired: {
    standard: { tone: 'red', sentence: 'expired.standard', action: 'renewal' },
    airgapped: { tone: 'red', sentence: 'expired.airgapped', action: 'renew' },
    offline: { tone: 'red', sentence: 'expired.offline', action: 'request' },
  },
  paused: same({ tone: 'red', sentence: 'paused', action: 'checkIn' }),
  grace: same({ tone: 'orange', sentence: 'grace', action: 'checkIn' }),
  active: {
    standard: { tone: 'green', sentence: 'active.standard', action: null },
    airgapped: { tone: 'green', sentence: 'active.airgapped', action: null },
    offline: { tone: 'green', sentence: 'active.offline', action: null },
  },
}
const ROWS = STATES.flatMap(state => METHODS.map(method => ({ state, method, ...TABLE[state][method] })))

/* How the subject begins where the action is a mail. */
const MAILS: Record<string, string> = { revoked: 'Revoked license', suspended: 'Suspended license', reissue: 'Re-issue', renewal: 'Renewal' }

/** A message of status.sentence, with the times of this license in it. */
function sentenceOf(key: string, { expiresAt, graceEndsAt, checkIn }: LicenseView): string {
  const { both } = useTimeText()
  const [expires, grace, last, next] = [expiresAt, graceEndsAt, checkIn?.lastSuccessAt, checkIn?.nextAt].map(at => at ? both(at) : 'no time')
  return useI18n().t(`status.sentence.${key}`, { expires, grace, last, next })
}
const nothingToDo = () => useI18n().t('status.nothing')

function wordsOf(view: LicenseView) {
  const { tone, badge, headline, sentence, action, mail } = useLicenseStatus(() => view)
  return { tone: tone.value, badge: badge.value, headline: headline.value, sentence: sentence.value, action: action.value, mail: mail.value }
}

describe('the status', () => {
  it.each(ROWS)('$state, $method: says $sentence, in $tone, and offers $action', ({ state, method, tone, sentence, action }) => {
    const view = viewOf({ state, method, renews: state === 'active' })
    const words = wordsOf(view)
    expect(words).toMatchObject({ tone, action, headline: useI18n().t(`status.headline.${state}`) })
    expect(words.sentence).toBe(state === 'active' && method === 'standard' ? `${sentenceOf(sentence, view)} ${nothingToDo()}` : sentenceOf(sentence, view))
    if (state !== 'grace') expect(words.badge).toBe(useI18n().t(`states.${state}`))
    expect(words.mail?.subject.split(/ (?:of|for) /, 1)[0] ?? null).toBe(MAILS[action === 'support' ? state : action ?? ''] ?? null)
  })

  it('without a license or a method is that of the Community Edition', () => {
    expect(wordsOf(viewOf({ state: 'unlicensed', method: null }))).toMatchObject({ tone: 'grey', action: null })
  })

  it.each([
    ['standard', 'active.standardSoon', 'renewal'], ['airgapped', 'active.airgappedSoon', 'renew'], ['offline', 'active.offlineSoon', 'request'],
  ] as const)('active, %s, near its end: says %s and offers %s', (method, sentence, action) => {
    const view = viewOf({ method, warnings: SOON })
    expect(wordsOf(view)).toMatchObject({ sentence: sentenceOf(sentence, view), action })
  })

  it.each(['active', 'expired'] as const)('an airgapped license, %s, that the license server has just refused to renew, offers to ask for the renewal first', (state) => {
    const view = viewOf({ state, method: 'airgapped', renews: null, checkIn: null, warnings: SOON })
    expect(wordsOf(view).action).toBe('renew')
    const finding = found('refused_expired', { host: 'app.nocodb.com' }, { code: 'SERVER_REFUSED' })
    expect(wordsOf({ ...view, finding }).action).toBe('renewal')
  })

  it.each([['alone', []], ['near the end of the term too', SOON]])('active, with a check-in that fails, %s: says so and offers one', (_when, warnings) => {
    const view = viewOf({ warnings, checkIn: checkInsOf({ consecutiveFailures: 1 }) })
    expect(wordsOf(view)).toMatchObject({ sentence: sentenceOf('active.standardFailing', view), action: 'checkIn' })
  })

  it.each([['standard', true, true], ['standard', false, false], ['airgapped', null, false], ['offline', null, false]] as const)(
    'active, %s, renewing by itself: %s: says that there is nothing to do: %s', (method, renews, isNothing) => {
      expect(wordsOf(viewOf({ method, renews })).sentence.includes(nothingToDo())).toBe(isNothing)
    })

  it.each([['refused_suspended', 'standardRefused'], ['refused_expired', 'standardRefused'], ['refused', 'standardFailing'], ['gateway', 'standardFailing']] as const)(
    'active, with a last check-in that came to %s: says %s', (cause, sentence) => {
      const view = viewOf({ checkIn: checkInsOf({ consecutiveFailures: 1 }), finding: found(cause, {}, { code: 'SERVER_REFUSED' }) })
      expect(wordsOf(view).sentence).toBe(sentenceOf(`active.${sentence}`, view))
    })

  it.each(['standard', 'airgapped', 'offline'] as const)('active, %s, while the database cannot be used: claims no more than that features stay on', (method) => {
    const view = viewOf({ method, finding: found('disk_full', { location: '/data' }, { code: 'STORAGE_UNAVAILABLE' }) })
    expect(wordsOf(view).sentence).toBe(sentenceOf('active.storage', view))
  })

  it.each(['2026-03-01T12:00:00.000Z', '2026-03-01T11:59:59.000Z'])('active, with a check-in due since %s: says that it is due now', (nextAt) => {
    const view = viewOf({ renews: true, checkIn: nextCheckIn(nextAt) })
    expect(wordsOf(view)).toMatchObject({ sentence: `${sentenceOf('active.standardNow', view)} ${nothingToDo()}`, action: null })
  })

  it.each(['airgapped', 'offline'] as const)('active, %s: knows nothing of check-ins that fail', (method) => {
    const view = viewOf({ method, checkIn: checkInsOf({ consecutiveFailures: 3 }) })
    expect(wordsOf(view)).toMatchObject({ sentence: sentenceOf(`active.${method}`, view), action: null })
  })

  it('active, with something beside the license to warn of: does not say that there is nothing to do', () => {
    const { sentence } = useLicenseStatus(() => viewOf({ renews: true }), () => true)
    expect(sentence.value).not.toContain(nothingToDo())
    expect(wordsOf(viewOf({ renews: true })).sentence).toContain(nothingToDo())
  })

  it('active, with a warning beside it: does not say that there is nothing to do', () => {
    expect(wordsOf(viewOf({ renews: true, warnings: [{ code: 'SANDBOX_BUILD' }] })).sentence).toContain(nothingToDo())
    expect(wordsOf(viewOf({ renews: true, warnings: [{ code: 'SANDBOX_BUILD' }, { code: 'EXPIRES_SOON', expiresAt: END, days: 20 }] })).sentence).not.toContain(nothingToDo())
  })

  it('expired, of a subscription that renews by itself: only the check-in is missing', () => {
    expect(wordsOf(viewOf({ state: 'expired', renews: true })).action).toBe('checkIn')
  })

  it('expired by a clock that may be wrong: says so, and offers nothing, for only the clock needs anything done', () => {
    const view = viewOf({ state: 'expired', finding: found('clock_ahead', { expiresAt: END }, { code: 'CLOCK_AHEAD' }) })
    expect(wordsOf(view)).toMatchObject({
      headline: useI18n().t('status.headline.endedByClock'), sentence: sentenceOf('endedByClock', view), action: null, tone: 'red',
    })
  })

  it('in grace, with a term that ends before it: names the earlier end', () => {
    const view = viewOf({ state: 'grace', expiresAt: '2026-03-02T00:00:00.000Z', graceEndsAt: '2026-03-05T00:00:00.000Z' })
    expect(wordsOf(view).sentence).toContain(useTimeText().both('2026-03-02T00:00:00.000Z'))
  })

  it('of a license that NC_LICENSE_KEY sets: sends nobody to a field that is not there', () => {
    const managed = (changes: Partial<LicenseView>) => viewOf({ managedByEnv: true, entitled: false, ...changes })
    for (const [view, key] of [
      [managed({ state: 'unlicensed', method: null }), 'unlicensedManaged'],
      [managed({ state: 'expired', method: 'offline' }), 'expired.managedToken'], [managed({ state: 'expired', method: 'standard' }), 'expired.standard'],
      [managed({ state: 'mismatch', method: 'offline' }), 'mismatch.managedToken'], [managed({ state: 'mismatch', method: 'airgapped' }), 'mismatch.airgapped'],
    ] as const) expect(wordsOf(view).sentence).toBe(sentenceOf(key, view))
  })

  it('active, with something found: does not say that there is nothing to do', () => {
    const view = viewOf({ renews: true, finding: found('clock_behind', { difference: 7200 }, { code: 'CLOCK_BEHIND' }) })
    expect(wordsOf(view).sentence).not.toContain(nothingToDo())
  })

  it.each(['server_error', 'gateway', 'refused'] as const)('in grace because of %s: says the same, as what was found has its own sentences', (cause) => {
    const view = viewOf({ state: 'grace', finding: found(cause, {}, { code: 'SERVER_ERROR' }) })
    expect(wordsOf(view)).toMatchObject({ sentence: sentenceOf('grace', view), action: 'checkIn' })
  })

  it('in grace before any check-in: counts from the activation', () => {
    const view = viewOf({ state: 'grace', checkIn: null })
    expect(wordsOf(view).sentence).toContain(useTimeText().both(String(view.issuedAt)))
  })

  it('without a date: says that it is unknown', () => {
    expect(wordsOf(viewOf({ state: 'expired', expiresAt: null })).sentence).toContain(useI18n().t('common.unknown'))
  })
})

describe('the badge of a grace period', () => {
  const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000]
  it.each([
    [2.4 * DAY, 'days', 2], [DAY, 'days', 1], [DAY - SECOND, 'hours', 24], [HOUR, 'hours', 1], [HOUR - SECOND, 'minutes', 60], [MINUTE, 'minutes', 1],
    [30 * SECOND, 'seconds', 30], [0, 'seconds', 1], [-DAY, 'seconds', 1],
  ] as const)('with %i ms left counts %s: %i', (left, unit, count) => {
    const graceEndsAt = new Date(NOW + left).toISOString()
    expect(wordsOf(viewOf({ state: 'grace', graceEndsAt })).badge).toBe(useI18n().t(`states.grace.${unit}`, count))
  })

  it('counts to the end of the term where that comes first, as the sentence does', () => {
    const [expiresAt, graceEndsAt] = [2, 5].map(days => new Date(NOW + days * DAY).toISOString())
    expect(wordsOf(viewOf({ state: 'grace', expiresAt, graceEndsAt })).badge).toBe(useI18n().t('states.grace.days', 2))
  })

  it('without an end counts the last second', () => {
    expect(wordsOf(viewOf({ state: 'grace', graceEndsAt: null, expiresAt: null })).badge).toBe(useI18n().t('states.grace.seconds', 1))
  })
})

describe('after a check-in', () => {
  it.each<[string, Partial<LicenseView>, string | null, string]>([
    ['a standard license', {}, END, 'credential.checkedInUntil'],
    ['an airgapped license that was renewed', { method: 'airgapped' }, '2026-06-30T00:00:00.000Z', 'renewal.renewed'],
    ['an airgapped license that was not', { method: 'airgapped' }, END, 'renewal.notYet'],
    ['a license with a verdict', { state: 'revoked', entitled: false }, END, 'credential.checkedInStill'],
    ['a license that stays bound elsewhere', { state: 'mismatch', entitled: false, expiresAt: null }, END, 'credential.checkedInStill'],
    ['a license without an end', { expiresAt: null }, null, ''],
  ])('the notice for %s fits what came of it', (_what, changes, before, key) => {
    useLicenseStore().view = viewOf(changes)
    const headline = useI18n().t(`status.headline.${changes.state ?? 'active'}`)
    expect(useCheckInNotice()(before)).toEqual({
      text: key && useI18n().t(key, { expires: useTimeText().both(END), headline }), isBad: changes.entitled === false,
    })
  })
})

describe('what is said of a save', () => {
  const EARLIER = '2026-06-30T00:00:00.000Z'
  const saved = (before: Partial<LicenseView> | null, after: Partial<LicenseView>) => {
    useLicenseStore().view = viewOf(after)
    return useSavedNotice()(before && viewOf(before))
  }

  it.each<[string, Partial<LicenseView> | null, Partial<LicenseView>]>([
    ['with nothing before', null, {}], ['over a license that was not in force', { entitled: false }, { expiresAt: EARLIER }],
    ['over the same', {}, {}], ['that gives more', { features: [], expiresAt: EARLIER }, {}], ['that ends seconds earlier', { expiresAt: '2026-12-31T00:00:09.000Z' }, {}],
  ])('%s is good news', (_what, before, after) => {
    expect(saved(before, after)).toEqual({ text: 'The license was saved.', lessThanBefore: false })
  })

  it('that ends earlier names both ends', () => {
    const { both, absolute } = useTimeText()
    expect(saved({}, { expiresAt: EARLIER })).toEqual({
      text: `The license was saved. It ends on ${both(EARLIER)}, earlier than the one before (${absolute(END)}).`, lessThanBefore: true,
    })
  })

  it('that takes features away names them', () => {
    expect(saved({ features: ['sso', 'scim', 'tomorrow'] }, { features: ['sso'] })).toEqual({
      text: 'The license was saved. These features are off now: SCIM provisioning, tomorrow.', lessThanBefore: true,
    })
  })
})
