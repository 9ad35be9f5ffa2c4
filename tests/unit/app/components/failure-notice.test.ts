import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FunctionalComponent } from 'vue'
import { nextTick } from 'vue'
import type { Failure } from '../../../../app/api/failure.ts'
import { toFailure, UNREACHABLE } from '../../../../app/api/failure.ts'
import FailureNotice from '../../../../app/components/common/FailureNotice.vue'
import MailAction from '../../../../app/components/common/MailAction.vue'
import { bringIntoSight } from '../../../../app/license/bring-into-sight.ts'
import { useSessionStore } from '../../../../app/stores/session.ts'
import type { ErrorCode } from '../../../../shared/errors.ts'
import { ERROR_CODES, ERRORS } from '../../../../shared/errors.ts'
import { FakePage } from '../../../support/app/fake-page.ts'
import { found } from '../../../support/app/findings.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

const messages = new Map(flattenMessages(readLocale('en')))

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
})

vi.mock('../../../../app/license/bring-into-sight.ts', () => ({ bringIntoSight: vi.fn() }))
afterEach(() => {
  vi.mocked(bringIntoSight).mockClear()
  vi.unstubAllGlobals()
})

function failureOf(code: ErrorCode, more: Partial<Failure> = {}): Failure {
  return { ...toFailure({ data: { code, reference: ERRORS[code].reference } }, ERRORS[code].status), ...more }
}
const nothing: FunctionalComponent = () => null
const PARTS = { CommonMailAction: MailAction, AButton: nothing }
const notice = (failure: Failure, note?: string, instead?: string) => render(FailureNotice, { failure, note, instead }, PARTS)
const linksIn = (html: string) => [...html.matchAll(/<a (?:class="without-script" )?href="([^"]*)"/g)].map(([, address = '']) => address.replace(/^mailto:[^?]*.*$/s, 'mailto'))

describe('a failure with a finding', () => {
  const finding = found('no_answer', { host: 'app.nocodb.com', seconds: 10, errno: 'ETIMEDOUT' }, { code: 'NET_TIMEOUT' })
  const failure = failureOf('NET_TIMEOUT', { finding, requestId: 'req-1', details: { host: 'app.nocodb.com', retryAfterSeconds: 9 } })

  it('is its title, then the sentences of what was found in place of what the code means in general', async () => {
    expect(textsIn(await notice(failure, 'Nothing was changed.'))).toEqual([
      'The license server did not answer in time',
      'The encrypted connection to app.nocodb.com is in place, but no answer came within 10 seconds.',
      'Wait a few minutes: the license server, or something on the way to it, is probably stuck. If this goes on, tell support.',
      'Error:', 'ETIMEDOUT', 'Nothing was changed.', 'NCL-203: what it means and what to do', 'Run diagnostics', 'Request req-1',
    ])
  })

  it('of a text that cannot be read is titled by what is known of it', async () => {
    const around = found('words_around', {}, { code: 'CREDENTIAL_MALFORMED' })
    const html = await notice(failureOf('CREDENTIAL_MALFORMED', { finding: around }))
    expect(textsIn(html).slice(0, 2)).toEqual(['There is other text here besides the key or token.', 'Paste the key or token alone.'])
    expect(html).toMatch(/<h3[^>]*>There is other text/)
  })

  it('has its code on the notice, and the cause on the finding', async () => {
    const html = await notice(failure)
    expect(html).toMatch(/^<div [^>]*role="alert"[^>]*data-code="NET_TIMEOUT"[^>]*>/)
    expect(html).toMatch(/<div class="finding"[^>]*data-cause="no_answer"[^>]*>/)
    expect(html.match(/data-cause/g)).toHaveLength(1)
  })

  it('says what was found even where it is to be repeated after a while', async () => {
    const limited = found('rate_limited', { host: 'h', retryAt: '2026-11-26T14:03:00.000Z' }, { code: 'SERVER_RATE_LIMITED' })
    const text = textsIn(await notice(failureOf('SERVER_RATE_LIMITED', { finding: limited, retryAfter: 120 }))).join('\n')
    expect(text).toContain('h is receiving too many calls and asks this server to wait until 26 Nov 2026, 14:03\u00A0UTC.')
    expect(text).not.toContain('Try again in')
  })
})

describe('a failure without a finding', () => {
  it.each(ERROR_CODES)('%s is what the code means, and what to do about it', async (code) => {
    const told = (part: string) => messages.get(`errors.${code}.${part}`)?.replaceAll(/\{'(.)'\}/g, '$1')
    const html = await notice(failureOf(code))
    expect(html).not.toContain('data-cause')
    expect(textsIn(html).slice(0, 3)).toEqual([
      told('title'), `${told('means')} ${told('do')}`, `${ERRORS[code].reference}: what it means and what to do`,
    ])
  })

  it('lists its particulars', async () => {
    expect(textsIn(await notice(failureOf('MANAGED_BY_ENV', { details: { host: 'h', status: 409 } })))).toEqual([
      'NC_LICENSE_KEY sets the license',
      'The operator manages it in the environment of this server. Change or unset NC_LICENSE_KEY, then restart NocoDB.',
      'Host', 'h', 'HTTP status', '409', 'NCL-309: what it means and what to do',
    ])
  })

  it('says how long to wait in place of what to do, except for the database, which a person has to see to', async () => {
    expect(textsIn(await notice(failureOf('RATE_LIMITED', { retryAfter: 12 })))[1])
      .toBe('To protect this installation, only a few attempts a minute are allowed. Try again in 12 seconds.')
    expect(textsIn(await notice(failureOf('STORAGE_UNAVAILABLE', { retryAfter: 2 })))[1])
      .toBe('The license is kept and comes back with the database. Check the database and DATABASE_URL.')
  })

  it('means something else where a page knows better', async () => {
    expect(textsIn(await notice(failureOf('CONFLICT'), undefined, 'It is the last administrator.'))).toEqual([
      'It is the last administrator.', 'NCL-308: what it means and what to do',
    ])
  })

  it('of which nobody has heard has no reference and no request', async () => {
    expect(textsIn(await notice(UNREACHABLE))).toEqual([
      'This server did not answer your browser', expect.stringContaining('It says nothing about the license server. Check your own connection'),
    ])
  })
})

describe('the ways on from a failure', () => {
  const about = (code: ErrorCode) => `/admin/license#${ERRORS[code].reference}`
  it.each<[ErrorCode, string[]]>([
    ['NET_DNS', ['/admin/diagnostics?run']], ['SERVER_NOT_A_LICENSE_SERVER', ['/admin/diagnostics?run']], ['SERVER_REFUSED', ['/admin/diagnostics?run']],
    ['KEY_UNKNOWN', ['mailto']], ['TOKEN_UNKNOWN_SIGNER', ['mailto']], ['INTERNAL', ['mailto']], ['UNAUTHENTICATED', ['/login']],
    ['LICENSE_EXPIRED', []], ['CONFLICT', []], ['STORAGE_UNAVAILABLE', []],
  ])('from %s lead to its entry, then to %j', async (code, others) => {
    expect(linksIn(await notice(failureOf(code)))).toEqual([about(code), ...others])
    expect(linksIn(await notice(failureOf(code, { finding: found('refused') })))).toEqual([about(code), ...others])
  })
})

it('that says that the session has ended is known to the page, for as long as it is there', async () => {
  const page = new FakePage()
  const session = useSessionStore()
  const { props, leave } = await page.show(FailureNotice, { failure: failureOf('UNAUTHENTICATED') }, { ...PARTS, NuxtLink: nothing, CommonFindingText: nothing, CommonClampedText: nothing })
  expect(session.endingsTold).toBe(1)
  props.failure = failureOf('NET_TIMEOUT')
  await nextTick()
  expect(session.endingsTold).toBe(0)
  props.failure = failureOf('UNAUTHENTICATED')
  await nextTick()
  expect(session.endingsTold).toBe(1)
  leave()
  expect(session.endingsTold).toBe(0)
})

describe('a failure on the screen', () => {
  /** Shows one in a page whose focus is on a button, and `fail` another in its place. */
  async function open(focused: boolean) {
    const page = new FakePage()
    const button = page.add('button')
    button.focus()
    const { props } = await page.show(FailureNotice, { failure: failureOf('NET_CONNECT'), focused }, { ...PARTS, NuxtLink: nothing, CommonFindingText: nothing, CommonClampedText: nothing })
    const notice = page.find(({ attributes }) => attributes.get('data-testid') === 'notice')
    async function fail() {
      button.focus()
      vi.mocked(bringIntoSight).mockClear()
      props.failure = failureOf('NET_TIMEOUT')
      await nextTick()
      await nextTick()
    }
    const seen = () => ({
      inSight: vi.mocked(bringIntoSight).mock.calls.map(([element]) => Object.is(element, notice)), hasFocus: page.activeElement === notice,
    })
    return { fail, seen }
  }

  it.each([[true, 'has the focus if somebody has just done what failed'], [false, 'leaves the focus where it is otherwise']])(
    'is brought into sight, as is one that takes its place (%j: it %s)', async (focused) => {
      const { fail, seen } = await open(focused)
      expect(seen()).toEqual({ inSight: [true], hasFocus: focused })
      await fail()
      expect(seen()).toEqual({ inSight: [true], hasFocus: focused })
    })
})
