import type { Locator, Page } from '@playwright/test'
import en from '../../app/locales/en.json' with { type: 'json' }
import type { CredentialErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { LicenseView } from '../../shared/contracts.ts'
import type { FindingCause } from '../../shared/findings.ts'
import { referenceOf } from '../../shared/findings.ts'
import type { PasteCause } from '../../shared/paste/cause-of-text.ts'
import type { IssueToken } from '../support/vendor/control-protocol.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import type { ApiClient } from '../support/api-client.ts'
import { expect, test } from '../support/browser/fixtures.ts'
import { expectCause, expectFailure, expectForeseen, expectState, pressSave, saveCredential } from '../support/browser/screen.ts'

/* Two products, because an administrator may try ten keys a minute. */

const now = () => Math.floor(Date.now() / 1000)
type Order = Omit<IssueToken, 'instance_id'> & { instance_id?: string }

/** What a later check-in may change beside. */
function lasting({ serverTime: _at, ...view }: LicenseView) {
  return view
}

async function keepOffline(page: Page, api: ApiClient, server: LicenseServerProcess): Promise<LicenseView> {
  const { instanceId } = await api.license()
  const { body } = await api.save(await server.control.issueToken({ instance_id: instanceId }))
  await page.reload()
  await expectState(page, 'active')
  return body
}

interface Refused { code: CredentialErrorCode, cause: FindingCause }

/** What the server refuses once it is asked. */
async function sendAndFail(page: Page, credential: string, code: CredentialErrorCode): Promise<Locator> {
  if (code === 'CREDENTIAL_MALFORMED') await pressSave(page, credential)
  else await saveCredential(page, credential)
  return expectFailure(page, code)
}

/** A token that would be refused is not sent. */
async function seeRefused(page: Page, token: string, code: CredentialErrorCode): Promise<Locator> {
  await pressSave(page, token)
  return expectForeseen(page, code)
}

async function expectRefused(page: Page, api: ApiClient, before: LicenseView, credential: string, { code, cause }: Refused, save = sendAndFail): Promise<void> {
  const alert = await save(page, credential, code)
  await expect(alert.getByTestId('finding')).toHaveAttribute('data-code', code)
  await expectCause(alert, cause)
  await expect(alert).toContainText(/Nothing (was|has been) changed/)
  await expectState(page, 'active')
  expect(lasting(await api.license())).toEqual(lasting(before))
}

test('every refusal of a key gives its own reason, and the current license stays', async ({ licensePage: page, api, licenseServer }) => {
  const before = await keepOffline(page, api, licenseServer)
  const refused: [string, CredentialErrorCode, FindingCause][] = [
    ['not a key!', 'CREDENTIAL_MALFORMED', 'words_around'], ['NC_AG_DEMO_AIRGAPPED', 'CREDENTIAL_MALFORMED', 'capitals'],
    ['nc_unknown_key_0001', 'KEY_UNKNOWN', 'key_unknown'], ['nc_demo_expired', 'LICENSE_EXPIRED', 'subscription_ended'],
    ['nc_demo_revoked', 'LICENSE_REVOKED', 'revoked'], ['nc_demo_suspended', 'LICENSE_SUSPENDED', 'suspended'],
    ['nc_ag_demo_method_not_in_plan', 'METHOD_NOT_IN_PLAN', 'method_not_in_plan'],
    ['nc_demo_bound_elsewhere', 'BOUND_TO_DIFFERENT_INSTALLATION', 'bound_elsewhere'], ['nc_demo_wrong_signer', 'TOKEN_UNKNOWN_SIGNER', 'signer_unknown'],
  ]
  for (const [credential, code, cause] of refused) {
    await test.step(`${credential}: ${code}`, () => expectRefused(page, api, before, credential, { code, cause }))
  }
})

test('every refusal of a token gives its own reason, and the current license stays', async ({ licensePage: page, api, licenseServer }) => {
  const before = await keepOffline(page, api, licenseServer)
  const orders: [Order, CredentialErrorCode, FindingCause][] = [
    [{ signer: 'stranger' }, 'TOKEN_UNKNOWN_SIGNER', 'unknown_signer'], [{ kind: 'lease' }, 'TOKEN_WRONG_KIND', 'other_kind'],
    [{ omit: ['plan'] }, 'TOKEN_CLAIMS_INVALID', 'claims_invalid'], [{ claims: { nbf: now() + 86_400 } }, 'TOKEN_NOT_YET_VALID', 'not_yet_valid'],
    [{ claims: { iat: now() - 7200, exp: now() - 3600 } }, 'LICENSE_EXPIRED', 'ended'],
    [{ claims: { seq: 1 } }, 'TOKEN_OLDER_THAN_CURRENT', 'older_than_current'],
    [{ instance_id: 'e'.repeat(32) }, 'BOUND_TO_DIFFERENT_INSTALLATION', 'other_installation'],
  ]
  for (const [order, code, cause] of orders) {
    await test.step(code, async () => {
      const token = await licenseServer.control.issueToken({ instance_id: before.instanceId, ...order })
      await expectRefused(page, api, before, token, { code, cause }, seeRefused)
    })
  }
  const [header, payload] = (await licenseServer.control.issueToken({ instance_id: before.instanceId })).split('.')
  const [, , signature] = (await licenseServer.control.issueToken({ instance_id: before.instanceId })).split('.')
  await expectRefused(page, api, before, [header, payload, signature].join('.'), { code: 'TOKEN_SIGNATURE_INVALID', cause: 'token_changed' }, seeRefused)
  expect(await licenseServer.control.requests()).toEqual([])
})

test('F03 what was pasted by mistake is named, with the way out, and reaches no license server', async ({ licensePage: page, api, licenseServer }) => {
  const before = await keepOffline(page, api, licenseServer)
  const token = await licenseServer.control.issueToken({ instance_id: before.instanceId })
  await licenseServer.control.clearRequests()
  const mistakes: [string, PasteCause][] = [
    [token.split('.')[1] ?? '', 'part_of_token'], [before.instanceId, 'instance_id_pasted'], ['License key nc_demo_standard', 'words_around'],
    ['nc_demo_standardnc_demo_standard', 'two_credentials'], ['ABCD-1234-EFGH', 'offline_in_force'],
  ]
  for (const [text, cause] of mistakes) {
    await test.step(cause, async () => {
      await pressSave(page, text)
      const alert = await expectFailure(page, 'CREDENTIAL_MALFORMED')
      await expectCause(alert, cause)
      await expect(alert.getByRole('heading')).toHaveText(en.finding[cause].seen)
      await expect(alert.getByTestId('finding').getByRole('paragraph')).toHaveText(en.finding[cause].do)
    })
  }
  await pressSave(page, token.slice(0, -6))
  const cut = await expectForeseen(page, 'TOKEN_SIGNATURE_INVALID')
  await expect(cut.getByTestId('finding').getByRole('paragraph')).toHaveText([en.finding.token_cut.seen, en.finding.token_cut.do])
  expect(await licenseServer.control.requests()).toEqual([])
  expect(lasting(await api.license())).toEqual(lasting(before))
})

test('a token for another installation names both, and its reference opens and focuses the entry', async ({ licensePage: page, api, licenseServer }) => {
  const { instanceId } = await api.license()
  const elsewhere = '0123456789abcdef'.repeat(2)
  await saveCredential(page, await licenseServer.control.issueToken({ instance_id: elsewhere }))
  const alert = await expectFailure(page, 'BOUND_TO_DIFFERENT_INSTALLATION')
  await expect(alert).toContainText(instanceId)
  await expect(alert).toContainText(elsewhere)
  await expect(alert).toContainText('cs@nocodb.com')
  const { reference } = ERRORS.BOUND_TO_DIFFERENT_INSTALLATION
  await alert.getByRole('link', { name: reference }).click()
  await expect(page).toHaveURL(new RegExp(`#${reference}$`))
  const entry = page.getByRole('region', { name: 'Troubleshooting' }).locator(`#${reference}`)
  await expect(entry).toHaveAttribute('open')
  await expect(entry.locator('summary')).toBeFocused()
  await expect(entry).toBeInViewport()
  await expect(entry).toContainText('Happening now')
})

test('a link to any reference opens its entry, even one that does not apply at present', async ({ licensePage: page, product }) => {
  for (const reference of ['NCL-204', 'NCL-101', 'NCL-315', 'NCL-402']) {
    await page.goto('about:blank')
    await page.goto(`${product.url}/admin/license#${reference}`)
    const entry = page.getByRole('region', { name: 'Troubleshooting' }).locator(`#${reference}`)
    await expect(entry).toHaveAttribute('open')
    await expect(entry.locator('summary')).toBeFocused()
    await expect(entry).toBeInViewport()
  }
  const shown = await page.getByRole('region', { name: 'Troubleshooting' }).locator('details[id^=NCL-] summary code').allTextContents()
  const all = [...Object.values(ERRORS).map(({ reference }) => reference), referenceOf('CLOCK_AHEAD'), referenceOf('CLOCK_BEHIND')]
  expect(shown.toSorted()).toEqual(all.toSorted())
})
