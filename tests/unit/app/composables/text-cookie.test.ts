import { expect, it } from 'vitest'
import { useTextCookie } from '../../../../app/composables/useTextCookie.ts'
import { attributesOfCookie, openFreshPage } from '../../../support/app/nuxt-imports.ts'

it.each(['/', '/tools/license/'])('what a person has chosen is kept for a year, for this panel alone: %s', (base) => {
  openFreshPage('en', base)
  useTextCookie('nc-locale').value = 'de'
  expect(attributesOfCookie('nc-locale')).toEqual({ maxAge: 365 * 86_400, sameSite: 'lax', path: base })
})
