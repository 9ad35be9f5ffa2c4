import { createPinia, setActivePinia } from 'pinia'
import type { FunctionalComponent } from 'vue'
import { h } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import CredentialCard from '../../../../app/components/license/CredentialCard.vue'
import CredentialPreview from '../../../../app/components/license/CredentialPreview.vue'
import PreviewDifference from '../../../../app/components/license/PreviewDifference.vue'
import type { Preview } from '../../../../shared/contracts.ts'
import { judgePaste } from '../../../../shared/paste/judge-paste.ts'
import { credentialIn } from '../../../../shared/paste/offer.ts'
import { found } from '../../../support/app/findings.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

vi.mock('../../../../app/first-paint/breathe.ts', () => ({ breathe: () => Promise.resolve() }))
// It brings the addresses of the words along, which only a build has.
vi.mock('../../../../app/composables/useLanguage.ts', () => ({ useListText: () => (items: string[]) => items.join(', ') }))

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
})

const nothing: FunctionalComponent = () => null
const slot: FunctionalComponent = (_props, { attrs, slots }) => h('div', { 'data-testid': attrs['data-testid'] }, slots.default?.())
const PARTS = {
  CommonSectionCard: slot, AButton: slot, ATextarea: nothing, LicenseSaveProgress: nothing, CommonFailureNotice: nothing, LicenseCredentialPreview: nothing,
  LicenseCredentialFile: slot,
}
const INSTANCE = '0123456789abcdef0123456789abcdef'

async function cardWith(pasted: string, silent = false): Promise<string> {
  const context = { instanceId: INSTANCE, silent }
  return await render(CredentialCard, {
    modelValue: pasted, judged: judgePaste(pasted, context), offer: credentialIn(pasted, context), view: viewOf({ state: 'unlicensed', method: null }),
    isAdmin: true, busy: null, steps: [], failure: null, preview: null, previewing: false,
  }, PARTS)
}
async function hintFor(pasted: string, silent = false): Promise<string | undefined> {
  return textsIn(/<p id="credential-hint"[^]*?<\/p>/.exec(await cardWith(pasted, silent))?.[0] ?? '')[0]
}

describe('the hint below the field', () => {
  it.each([
    ['', 'Line breaks and spaces around it are ignored.'],
    ['nc_demo_standard', 'This is a license key for the standard method.'],
    ['NC_AG_DEMO_AIRGAPPED', 'The beginning of this key is in capital letters. Keys begin with nc_ or nc_ag_, in lowercase.'],
    ['nc_', 'This looks like neither a license key nor a license token.'],
    [INSTANCE, 'This is the Instance ID of this installation, not a license.'],
    ['nc_demo\u0001standard', 'An invisible character (U+0001) is in the text, at position 8.'],
  ])('for %j says %s', async (pasted, hint) => {
    expect(await hintFor(pasted)).toBe(hint)
  })

  it('knows of an offline license that is in force', async () => {
    expect(await hintFor('ABCD-1234-EFGH', true))
      .toMatch(/^An offline license is in force here, so a key that does not begin with nc_ is treated as pasted by mistake/)
  })
})

describe('a credential among other words', () => {
  it('is offered, masked, and nothing else of the text is', async () => {
    const html = await cardWith('Your license key: nc_demo_standard. Kind regards')
    expect(html).toContain('data-testid="use-found"')
    expect(textsIn(html)).toContain('Use nc_••••••••dard')
    expect(html).not.toMatch(/demo_stan|Kind regards/)
  })

  it.each(['Kind regards', 'nc_demo_standard or nc_demo_expired'])('is not offered where there is none, or more than one: %s', async (pasted) => {
    expect(await cardWith(pasted)).not.toContain('use-found')
  })
})

const previewOf = (changes: Partial<Preview>) => render(CredentialPreview, {
  preview: { method: 'offline', accepted: true, error: null, checks: [], difference: null, sends: null, ...changes } satisfies Preview, view: viewOf(),
}, { LicensePreviewDifference: PreviewDifference }).then(textsIn)
const END = '2027-01-31T12:00:00.000Z'

describe('the preview of a token', () => {
  it('says in one line until when it is valid', async () => {
    const [line] = await previewOf({ checks: [{ name: 'term', status: 'pass', expected: '> 2026-03-01T12:00:00.000Z', found: END }] })
    expect(line).toMatch(/^This token is for this installation and is valid until 31 Jan 2027, 12:00\sUTC \(/)
  })

  it('says the one check that failed, with what was expected and found', async () => {
    const error = { code: 'TOKEN_OLDER_THAN_CURRENT', reference: 'NCL-113', finding: null } as const
    const texts = await previewOf({
      accepted: false, error,
      checks: [{ name: 'format', status: 'pass', expected: null, found: null }, { name: 'sequence', status: 'fail', expected: '≥ 7', found: '6' }],
    })
    expect(texts.slice(2, 8)).toEqual(['Failed check:', 'Sequence number', 'Expected:', '≥ 7', 'Found:', '6'])
  })

  it('says first what gets less', async () => {
    const texts = await previewOf({ difference: [
      { field: 'plan', current: 'enterprise', next: 'business' }, { field: 'seats', current: '1500', next: '25' },
      { field: 'features', current: 'sso, scim', next: 'scim, teams' }, { field: 'expiresAt', current: '2027-06-30T12:00:00.000Z', next: END },
      { field: 'limits', current: 'limit_editor 10', next: 'limit_editor 5' },
    ] })
    const first = texts.indexOf('What is lost or ends earlier')
    expect(texts.slice(first + 1, first + 6)).toEqual([
      expect.stringMatching(/^Ends: 31 Jan 2027, 12:00\sUTC \(.*\) instead of 30 Jun 2027, 12:00\sUTC$/), 'Seats: 25 instead of 1,500',
      'Features turned off: Single sign-on', 'Editors: 5 instead of 10', 'What else would change',
    ])
    const rows = texts.slice(first + 6)
    expect(rows.slice(3, 12)).toEqual(['Plan', 'enterprise', 'business', 'Features turned on', '–', 'Teams', 'Limits', 'Editors: 10', 'Editors: 5'])
  })
})

describe('the preview of what would be refused', () => {
  const refused = (error: NonNullable<Preview['error']>) => previewOf({ accepted: false, error })

  it('says what was found, and what to do', async () => {
    const finding = found('other_installation', { expected: INSTANCE, found: 'f'.repeat(32) }, { code: 'BOUND_TO_DIFFERENT_INSTALLATION' })
    expect((await refused({ code: 'BOUND_TO_DIFFERENT_INSTALLATION', reference: 'NCL-107', finding })).slice(0, 5)).toEqual([
      'This would be refused. Nothing has been changed.', 'Bound to a different installation',
      `This token was made for the installation ${'f'.repeat(32)}. This installation is ${INSTANCE}.`,
      'Paste the token that was made for this installation, or write to cs@nocodb.com for a new one and give the Instance ID of this installation.',
      'NCL-107',
    ])
  })

  it('says in general what to do where nothing was found', async () => {
    expect((await refused({ code: 'PAYLOAD_TOO_LARGE', reference: 'NCL-312', finding: null })).slice(1, 4))
      .toEqual(['Too much text for a license', 'Paste only the key or the token.', 'NCL-312'])
  })
})
