import type { Page } from '@playwright/test'
import en from '../../app/locales/en.json' with { type: 'json' }
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { FindingCause } from '../../shared/findings.ts'
import type { Fault } from '../support/vendor/fault-types.ts'
import { signIn } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { freePort } from '../support/free-port.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { startImpostor } from '../support/browser/impostor-server.ts'
import { activate, expectCause, expectFailure, expectState, openLicense, saveCredential } from '../support/browser/screen.ts'

test('every fault on the way to the license server gives its own reason, and the current license stays', async ({ licensePage: page, api, licenseServer }) => {
  await activate(page, 'nc_demo_standard')
  const before = await api.license()
  const faults: [Fault, NetworkErrorCode, FindingCause][] = [
    [{ type: 'reset' }, 'NET_CONNECT', 'reset_while_receiving'], [{ type: 'html' }, 'NET_CAPTIVE_PORTAL', 'web_page'],
    [{ type: 'status', status: 503 }, 'SERVER_ERROR', 'gateway'], [{ type: 'status', status: 404 }, 'SERVER_NOT_A_LICENSE_SERVER', 'not_a_license_server'],
    [{ type: 'unsignedRefusal', code: 'rate_limited' }, 'SERVER_RATE_LIMITED', 'rate_limited'],
    [{ type: 'unsignedRefusal', code: 'bad_request' }, 'SERVER_REFUSED', 'refused_bad_request'],
    [{ type: 'badJson' }, 'SERVER_RESPONSE_INVALID', 'cut_answer'], [{ type: 'staleNonce' }, 'SERVER_RESPONSE_INVALID', 'answer_stale'],
    [{ type: 'hang' }, 'NET_TIMEOUT', 'no_answer'],
  ]
  const titles = new Set<string>()
  for (const [fault, code, cause] of faults) {
    await test.step(`${fault.type}: ${code}`, async () => {
      await licenseServer.control.addFault({ call: 'activate', times: 1, fault })
      await saveCredential(page, 'nc_ag_demo_airgapped')
      const alert = await expectFailure(page, code)
      await expectCause(alert, cause)
      await expect(page.locator('li[data-step]')).toHaveCount(4)
      titles.add(await alert.getByRole('heading').innerText())
      const { serverTime: _now, ...after } = await api.license()
      expect(before).toMatchObject(after)
      await expectState(page, 'active')
    })
  }
  expect(titles.size).toBe(8)
})

/** `causes`: one of these, where it depends on the machine that the test runs on. */
async function expectSaveFails(page: Page, product: Product, code: NetworkErrorCode, ...causes: FindingCause[]): Promise<void> {
  await useSession(page, product, await signIn(product.url))
  await openLicense(page, product)
  await saveCredential(page, 'nc_demo_standard')
  const alert = await expectFailure(page, code)
  await expectCause(alert, new RegExp(`^(?:${causes.join('|')})$`))
  await expectState(page, 'unlicensed')
}

test.describe('no way to the license server:', () => {
  test('a name that does not exist', async ({ openPage, launch }) => {
    const product = await launch.product({ licenseServerUrl: 'https://license.invalid' })
    await expectSaveFails(await openPage(product), product, 'NET_DNS', 'dns_no_such_name', 'dns_silent')
  })

  test('a port that nobody listens on', async ({ openPage, launch }) => {
    const product = await launch.product({ licenseServerUrl: `http://127.0.0.1:${await freePort()}` })
    await expectSaveFails(await openPage(product), product, 'NET_CONNECT', 'refused')
  })

  test('a certificate that no authority vouches for', async ({ openPage, launch }) => {
    const impostor = await startImpostor()
    const product = await launch.product({ licenseServerUrl: impostor.url })
    await expectSaveFails(await openPage(product), product, 'NET_TLS', 'certificate_self_signed')
    impostor.stop()
  })

  test('a proxy that is not there', async ({ openPage, launch }) => {
    const product = await launch.product({
      licenseServerUrl: 'https://license.invalid', env: { HTTPS_PROXY: `http://127.0.0.1:${await freePort()}` },
    })
    await expectSaveFails(await openPage(product), product, 'NET_PROXY', 'proxy_refused')
  })
})

test('no two errors share a title', () => {
  const titles = Object.values(en.errors).map(({ title }) => title)
  expect(new Set(titles).size).toBe(titles.length)
})
