import type { Page } from '@playwright/test'
import { expect } from '@playwright/test'
import en from '../../../app/locales/en.json' with { type: 'json' }
import type { CredentialErrorCode, ErrorCode, NetworkErrorCode } from '../../../shared/errors.ts'
import { ERRORS } from '../../../shared/errors.ts'
import { watchRequests } from '../../support/browser/requests.ts'
import { checkInNow, expectFailure, expectState, lookAway, saveCredential } from '../../support/browser/screen.ts'
import { lockDatabase } from '../database.ts'
import type { Scene, Stage } from '../scene.ts'
import { openAfter, openScreen, requireSaved, saveAndFail, tokenFor } from '../scene.ts'

type RequestErrorCode = Exclude<ErrorCode, CredentialErrorCode | NetworkErrorCode>
const VIEWER = { email: 'viewer@example.com', password: 'viewer password 1' }

const sceneOf = (code: RequestErrorCode, prepare: Scene['prepare'], productOptions: Scene['productOptions'] = {}): Scene =>
  ({ name: `error-${code.toLowerCase().replaceAll('_', '-')}`, prepare, productOptions })

/** A code that only scripts meet: what the screen says when one follows its reference. */
function entryOf(code: RequestErrorCode): Scene {
  return sceneOf(code, async (stage) => {
    const { reference } = ERRORS[code]
    await openAfter(stage, `/admin/license#${reference}`, api => requireSaved(api, 'nc_demo_standard'))
    await expect(stage.page.locator(`#${reference}`)).toHaveAttribute('open')
  })
}

async function expectShown({ page }: Stage, code: RequestErrorCode): Promise<void> {
  await expectFailure(page, code, en.errors[code].title, 20_000)
}

/** A license is there when the page is opened, and `change` makes it out of date. */
async function checkInAfter(stage: Stage, code: RequestErrorCode, change: (api: Awaited<ReturnType<typeof openScreen>>) => Promise<unknown>): Promise<void> {
  const api = await openAfter(stage, '/admin/license', script => requireSaved(script, 'nc_demo_standard'))
  await expectState(stage.page, 'active')
  await lookAway(stage.page)
  await change(api)
  await checkInNow(stage.page)
  await expectShown(stage, code)
}

async function addAccount({ page }: Stage, email: string): Promise<void> {
  const form = page.getByRole('region', { name: 'Add an account' })
  await form.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await form.getByLabel('First password').fill('a first password')
  await form.getByRole('button', { name: 'Add account' }).click()
}

/** Over plain http to another machine, and in older browsers, `Origin` alone says where a request comes from. */
async function withoutFetchMetadata(page: Page): Promise<void> {
  await page.route('**/api/license', async (route, request) => {
    const headers = Object.entries(await request.allHeaders()).filter(([name]) => !name.startsWith('sec-fetch-'))
    await route.fulfill({ response: await route.fetch({ headers: Object.fromEntries(headers) }) })
  })
}

export const REQUEST_ERROR_SCENES: Record<RequestErrorCode, Scene> = {
  VALIDATION: sceneOf('VALIDATION', async (stage) => {
    await openAfter(stage, '/admin/access', api => api.license())
    await addAccount(stage, 'somebody@example')
    await expectShown(stage, 'VALIDATION')
  }),
  UNAUTHENTICATED: sceneOf('UNAUTHENTICATED', async (stage) => {
    const api = await openScreen(stage)
    await lookAway(stage.page)
    await api.request('POST', '/api/auth/logout')
    await saveCredential(stage.page, 'nc_demo_standard')
    await expectShown(stage, 'UNAUTHENTICATED')
  }),
  FEATURE_NOT_LICENSED: entryOf('FEATURE_NOT_LICENSED'),
  // On a page of its own it is over at once: whoever is somebody else by now sees what that account may do.
  FORBIDDEN: entryOf('FORBIDDEN'),
  CROSS_SITE: sceneOf('CROSS_SITE', async (stage) => {
    await openScreen(stage)
    await withoutFetchMetadata(stage.page)
    stage.atEnd(() => stage.page.unrouteAll({ behavior: 'wait' }))
    await saveAndFail(stage, 'nc_demo_standard', 'CROSS_SITE')
  }, { env: { NC_PUBLIC_URL: 'http://nocodb.example.com' } }),
  NOT_FOUND: sceneOf('NOT_FOUND', async (stage) => {
    const { page } = stage
    let id = ''
    const api = await openAfter(stage, '/admin/access', async (script) => {
      const { body } = await script.request<{ id: string }>('POST', '/api/users', { ...VIEWER, role: 'viewer' })
      id = body.id
    })
    await api.request('DELETE', `/api/users/${id}`)
    await page.getByRole('button', { name: `Remove: ${VIEWER.email}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await expectShown(stage, 'NOT_FOUND')
  }),
  HTTP_METHOD: entryOf('HTTP_METHOD'),
  CONFLICT: sceneOf('CONFLICT', async (stage) => {
    const api = await openScreen(stage)
    await lookAway(stage.page)
    await requireSaved(api, 'nc_demo_standard')
    await saveAndFail(stage, 'nc_ag_demo_airgapped', 'CONFLICT')
  }),
  MANAGED_BY_ENV: sceneOf('MANAGED_BY_ENV', async (stage) => {
    const requests = watchRequests(stage.page)
    await openScreen(stage)
    await lookAway(stage.page)
    // That the server is away for a moment is not looked at here.
    await requests.hold()
    await stage.launch.restart(stage.product, { NC_LICENSE_KEY: 'nc_demo_standard' })
    requests.release()
    await saveAndFail(stage, 'nc_ag_demo_airgapped', 'MANAGED_BY_ENV')
  }),
  NO_LICENSE: sceneOf('NO_LICENSE', stage => checkInAfter(stage, 'NO_LICENSE', api => api.remove())),
  NO_CALLS_FOR_OFFLINE: sceneOf('NO_CALLS_FOR_OFFLINE', stage => checkInAfter(stage, 'NO_CALLS_FOR_OFFLINE', async (api) => {
    await requireSaved(api, await tokenFor(stage, api))
  })),
  PAYLOAD_TOO_LARGE: sceneOf('PAYLOAD_TOO_LARGE', async (stage) => {
    await openScreen(stage)
    await saveAndFail(stage, 'nc_'.padEnd(20_480, 'x'), 'PAYLOAD_TOO_LARGE')
  }),
  RATE_LIMITED: sceneOf('RATE_LIMITED', async (stage) => {
    const api = await openScreen(stage)
    for (let tries = 0; tries < 10; tries++) await api.save('nc_unknown_key_0001')
    await saveAndFail(stage, 'nc_demo_standard', 'RATE_LIMITED')
  }),
  INTERNAL: entryOf('INTERNAL'),
  STORAGE_UNAVAILABLE: sceneOf('STORAGE_UNAVAILABLE', async (stage) => {
    await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_demo_standard'))
    lockDatabase(stage)
    await saveAndFail(stage, 'nc_ag_demo_airgapped', 'STORAGE_UNAVAILABLE')
  }),
}
