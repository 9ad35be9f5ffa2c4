import { describe, expect, it } from 'vitest'
import { useFailureText, useKeptNote } from '../../../../app/composables/useFailureText.ts'
import { toFailure, UNREACHABLE } from '../../../../app/api/failure.ts'
import { useNow } from '../../../../app/stores/now.ts'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import { ERROR_CODES } from '../../../../shared/errors.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage, useI18n } from '../../../support/app/nuxt-imports.ts'

/** In a message a name in braces and quotes stands for itself. */
const plain = (text = '') => text.replaceAll(/\{'(.)'\}/g, '$1')

describe.each(LANGUAGES.map(({ code }) => code))('in %s', (locale) => {
  const messages = new Map(flattenMessages(readLocale(locale)))
  const entry = (key: string) => ({ title: plain(messages.get(`${key}.title`)), means: plain(messages.get(`${key}.means`)), do: plain(messages.get(`${key}.do`)) })

  it('a failure is told in the words of its own code', () => {
    openFreshPage(locale)
    const { words } = useFailureText()
    for (const code of ERROR_CODES) expect(words(code)).toEqual(entry(`errors.${code}`))
    expect(words('UNREACHABLE')).toEqual(entry('failure.UNREACHABLE'))
  })
})

describe('the facts of a failure', () => {
  it('have labels and readable times; what is said elsewhere is left out', () => {
    openFreshPage('en')
    useNow().value = Date.parse('2026-03-01T00:00:00Z')
    const { details } = useFailureText()
    expect(details({ host: 'app.nocodb.com', revision: 3, cause: 'empty', retryAfterSeconds: 9, port: null, validFrom: '2026-03-15T00:00:00.000Z' })
      .map(({ value }) => value)).toEqual(['app.nocodb.com', '15 Mar 2026, 00:00\u00A0UTC (in 14 days)'])
  })

  it('of a license of another installation are two Instance IDs, each under its own name', () => {
    openFreshPage('en')
    const [own, other] = ['a'.repeat(32), 'b'.repeat(32)]
    const facts = useFailureText().details({ expected: own, found: other }, 'BOUND_TO_DIFFERENT_INSTALLATION')
    const { detail } = readLocale('en')
    expect(facts).toEqual([
      { label: Object(detail).instanceId, value: own, code: true }, { label: Object(detail).boundTo, value: other, code: true },
    ])
  })

  it('of an older token are nothing that a person could use', () => {
    openFreshPage('en')
    expect(useFailureText().details({ expected: 7, found: 3 }, 'TOKEN_OLDER_THAN_CURRENT')).toEqual([])
  })
})

describe('what an action that failed has left as it was', () => {
  const none = viewOf({ state: 'unlicensed', entitled: false, method: null })
  const ended = viewOf({ state: 'expired', entitled: false })
  it.each([
    ['a save', true, 'STORAGE_UNAVAILABLE', viewOf(), 'keptStorage'], ['a save', true, 'STORAGE_UNAVAILABLE', none, 'keptStorageNone'],
    ['a save', true, 'STORAGE_UNAVAILABLE', ended, 'keptStorageNone'], ['a save', true, 'NET_CONNECT', ended, 'kept'], ['a save', true, 'NET_CONNECT', none, 'keptNone'],
    ['a removal', false, 'STORAGE_UNAVAILABLE', viewOf(), 'kept'], ['a check-in', false, 'NET_CONNECT', viewOf(), 'kept'],
    ['a removal', false, 'CONFLICT', viewOf(), null], ['a save', true, 'CONFLICT', none, null],
  ] as const)('%s (%j), %s: is said as it is', (_what, isOfSave, code, view, said) => {
    openFreshPage('en')
    expect(useKeptNote(isOfSave)(toFailure({ code }, 500), view) ?? null).toBe(said && useI18n().t(`credential.${said}`))
  })

  it('is not said where nobody knows', () => {
    openFreshPage('en')
    expect([useKeptNote(true)(UNREACHABLE, viewOf()), useKeptNote(false)(UNREACHABLE, none)]).toEqual([undefined, undefined])
  })
})
