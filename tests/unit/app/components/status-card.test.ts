import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { FunctionalComponent } from 'vue'
import { h } from 'vue'
import ReplicasDisagree from '../../../../app/components/common/ReplicasDisagree.vue'
import CheckInStrip from '../../../../app/components/license/CheckInStrip.vue'
import PutBack from '../../../../app/components/license/PutBack.vue'
import StatusCard from '../../../../app/components/license/StatusCard.vue'
import WarningList from '../../../../app/components/license/WarningList.vue'
import { useNow } from '../../../../app/stores/now.ts'
import type { LicenseView, ReplicaDisagreement, Warning } from '../../../../shared/contracts.ts'
import { found } from '../../../support/app/findings.ts'
import { checkInsOf, viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

vi.mock('../../../../app/first-paint/breathe.ts', () => ({ breathe: () => Promise.resolve() }))

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
  useNow().value = Date.parse('2026-03-01T12:00:00.000Z')
})

const nothing: FunctionalComponent = () => null
const button: FunctionalComponent = (_props, { slots, attrs }) => h('button', attrs, slots.default?.())
const link: FunctionalComponent = (_props, { slots }) => h('a', slots.default?.({ href: '#', navigate: () => undefined }))
const PARTS = {
  AButton: button, CommonFailureNotice: nothing, CommonMailAction: nothing,
  LazyLicenseWarningList: WarningList, LicenseStatusFacts: nothing, LicenseRail: nothing, LazyLicenseGraceStretch: nothing,
  NuxtLink: link, LazyLicensePutBack: PutBack, LicenseCheckInStrip: CheckInStrip,
  LazyCommonReplicasDisagree: ReplicasDisagree,
}
const CALM = { canChange: true, busy: null, days: [], fieldOpen: false, notice: '', did: null, warns: false, failure: null, failedHere: false, disagreeAbout: [] }
const card = (view: Partial<LicenseView>) =>
  render(StatusCard, { ...CALM, view: viewOf(view) }, PARTS)
const causesIn = (html: string) => [...html.matchAll(/data-cause="(\w+)"/g)].map(([, cause]) => cause)
const warningsIn = (html: string) => [...html.matchAll(/<li [^>]*data-code="(\w+)"/g)].map(([, code]) => code)

const TIMES = { wallTime: '2026-03-01T12:00:00.000Z', trustedTime: '2026-03-02T14:00:00.000Z' }
const BEHIND: Warning = { code: 'CLOCK_BEHIND', seconds: 93_600, ...TIMES }
const SEATS: Warning = { code: 'SEATS_EXCEEDED', seats: 5, used: 9 }
const CLOCK = found('clock_behind', { difference: 93_600, clock: TIMES.wallTime, trusted: TIMES.trustedTime }, { code: 'CLOCK_BEHIND' })

describe('the seat of a license that was removed', () => {
  const seatIn = (html: string) => /data-testid="seat-taken"[^>]*>([^<]*)/.exec(html)?.[1]
  it('is said to be taken once the license server should have been told, until when that is tried', async () => {
    const left = { state: 'unlicensed', method: null, deactivation: { pendingUntil: '2026-03-08T11:59:00.000Z' } } as const
    expect(seatIn(await card(left))).toMatch(/it still counts as in use\. You need not do anything: .* until 8 Mar 2026, 11:59/)
    expect(seatIn(await card({ ...left, deactivation: { pendingUntil: '2026-03-08T11:59:58.000Z' } }))).toBeUndefined()
    expect(seatIn(await card({ ...left, deactivation: null }))).toBeUndefined()
  })
  it('beside a license that makes no calls is nothing that this server could free', async () => {
    const html = await card({ method: 'offline', deactivation: { pendingUntil: '2026-03-08T11:59:00.000Z' } })
    expect(seatIn(html)).toMatch(/You only need to act if you want to use that license elsewhere: in that case, ask support to free it\.$/)
  })
})

describe('what a test asks of the status, in every language', () => {
  it.each(['en', 'ja'])('is which state, by which method, and what to do first: %s', async (language) => {
    openFreshPage(language)
    const html = await card({ state: 'paused', method: 'standard' })
    expect(html).toMatch(/<span [^>]*role="img" aria-label="[^"]+" data-testid="license-state" data-state="paused" data-method="standard"/)
    expect(html).toMatch(/<button [^>]*data-testid="primary-action" data-action="checkIn"/)
    expect(await card({ state: 'unlicensed', method: null })).not.toContain('data-method')
  })

  it('is what the notice tells of', async () => {
    const html = await render(StatusCard, { ...CALM, view: viewOf({}), notice: 'said', did: 'remove' }, PARTS)
    expect(html).toMatch(/<p [^>]*data-testid="notice" data-action="remove"/)
  })
})

describe('beside the status', () => {
  const previous = { method: 'offline', plan: 'enterprise', expiresAt: '2026-12-31T00:00:00.000Z', until: '2026-03-02T11:00:00.000Z' } as const
  const OFFER = /^You can put back the previous license \(Offline, valid until 31 Dec 2026, 00:00.*\) until 2 Mar 2026, 11:00.*\.$/

  it('is the way back to the license before, as long as there is one, for who may take it', async () => {
    const texts = textsIn(await card({ previous }))
    expect(texts.filter(text => OFFER.test(text))).toHaveLength(1)
    expect(texts).toContain('Put the previous license back')
    expect(await card({ previous: null })).not.toContain('put-back')
    expect(await card({ previous, managedByEnv: true })).not.toContain('put-back')
    expect(await render(StatusCard, { ...CALM, canChange: false, view: viewOf({ previous }) }, PARTS)).not.toContain('put-back')
  })

  it('is when the next try comes, where a check-in is overdue', async () => {
    const failing = { consecutiveFailures: 3, nextAt: '2026-03-01T12:40:00.000Z' }
    const inGrace = (nextAt: string) => card({
      state: 'grace', checkIn: checkInsOf({ ...failing, nextAt }), finding: found('refused', { host: 'app.nocodb.com', port: 443 }),
      warnings: [{ code: 'CHECK_IN_FAILING', since: '2026-03-01T00:00:00.000Z', failures: 3, lastError: { code: 'NET_CONNECT', reference: 'NCL-202', at: failing.nextAt } }],
    })
    const nextTry = async (nextAt: string) => textsIn(await inGrace(nextAt)).find(text => text.startsWith('Next automatic attempt'))
    expect(await nextTry(failing.nextAt)).toBe('Next automatic attempt: in 40 minutes.')
    expect(await nextTry('2026-03-01T15:40:00.000Z')).toMatch(/^Next automatic attempt: 1 Mar 2026, 15:40/)
    expect(await inGrace('2026-03-01T11:40:00.000Z')).not.toContain('next-try')
    expect(await card({})).not.toContain('next-try')
  })

  it('are the check-ins of the month in one row, where nothing is to be done', async () => {
    const days = [{ day: '2026-03-01', good: 4, failed: 0, off: false }]
    const shown = (view: Partial<LicenseView>) => render(StatusCard, { ...CALM, days, view: viewOf(view) }, PARTS)
    expect(await shown({})).toContain('Check-ins of the last 30 days')
    expect(await card({})).not.toContain('Check-ins of the last 30 days')
    expect(await shown({ warnings: [SEATS] })).not.toContain('Check-ins of the last 30 days')
    expect(await shown({ method: 'offline', checkIn: null })).not.toContain('Check-ins of the last 30 days')
  })
})

describe('the status of a license', () => {
  it('says what is the matter and what to do about it, below what the state is', async () => {
    const html = await card({ finding: found('refused', { host: 'app.nocodb.com', port: 443, until: '2026-03-08T00:00:00.000Z' }) })
    expect(causesIn(html)).toEqual(['refused'])
    expect(html).toMatch(/<div class="[^"]*strip tone-yellow[^"]*"[^>]*><div[^>]*>(?:<!--v-if-->)*<div class="finding"/)
    const texts = textsIn(html)
    const said = 'The connection to app.nocodb.com on port 443 was refused. It did not go through a proxy. Enterprise features stay on until 8 Mar 2026'
    const at = texts.findIndex(text => text.startsWith(said))
    expect(at).toBeGreaterThan(texts.findIndex(text => text.startsWith('All licensed features work')))
    expect(texts[at + 1]).toMatch(/^Allow this server to connect to app\.nocodb\.com/)
  })

  it('is in red once the features are off', async () => {
    const html = await card({ state: 'revoked', entitled: false, finding: found('revoked', {}, { code: 'LICENSE_REVOKED' }) })
    expect(html).toMatch(/<div class="[^"]*strip tone-red[^"]*"[^>]*><div[^>]*>(?:<!--v-if-->)*<div class="finding"/)
  })

  it('has none while all is well', async () => {
    expect(causesIn(await card({}))).toEqual([])
  })

  it('does not warn of what the finding says already, but of all else', async () => {
    expect(warningsIn(await card({ finding: CLOCK, warnings: [BEHIND, SEATS] }))).toEqual(['SEATS_EXCEEDED'])
    expect(warningsIn(await card({ finding: found('refused'), warnings: [BEHIND, SEATS] }))).toEqual(['CLOCK_BEHIND', 'SEATS_EXCEEDED'])
  })
})

describe('what replicas disagree about', () => {
  const told = async (disagreeAbout: ReplicaDisagreement[]) => textsIn(await render(StatusCard, { ...CALM, disagreeAbout, view: viewOf({}) }, PARTS)).join('\n')

  it('is one warning, with a remedy for each, and no word of another build where the version says it', async () => {
    const text = await told(['version', 'commit', 'NC_LICENSE_KEY'])
    expect(text).toContain('The replicas of this installation disagree\nThey run different versions. Complete the upgrade, so that all of them run the same one.\nNC_LICENSE_KEY is not the same')
    expect(text).toContain('Show the replicas')
    expect(text).not.toMatch(/builds|nothing to do/i)
    expect(await told(['commit'])).toContain('Install the same build on all of them.')
  })

  it('is no word where they agree', async () => {
    expect(await told([])).not.toMatch(/replica/i)
  })
})

describe('the warning that NC_LICENSE_KEY could not be applied', () => {
  const warnings: Warning[] = [{ code: 'ENV_DIFFERS', error: 'KEY_UNKNOWN', reference: 'NCL-102' }]
  const list = async (entitled: boolean) => textsIn(await render(WarningList, { warnings, over: false, entitled }))

  it.each([
    [true, 'The previous license stays in force. Correct NC_LICENSE_KEY or unset it, and restart NocoDB.'],
    [false, 'No license is in force. Correct NC_LICENSE_KEY or unset it, and restart NocoDB.'],
  ])('knows whether there is another license (%j)', async (licensed, text) => {
    expect(await list(licensed)).toEqual(['The value of NC_LICENSE_KEY could not be applied', text, 'NCL-102: The license server does not know this key'])
  })

  it('is told as of no other license where there is none', async () => {
    expect(textsIn(await card({ state: 'unlicensed', entitled: false, method: null, warnings })))
      .toContain('No license is in force. Correct NC_LICENSE_KEY or unset it, and restart NocoDB.')
  })
})
