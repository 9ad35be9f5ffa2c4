import type { Page } from '@playwright/test'
import en from '../../app/locales/en.json' with { type: 'json' }
import type { ErrorCode } from '../../shared/errors.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import type { ApiClient } from '../support/api-client.ts'
import { signIn } from '../support/api-client.ts'
import type { Product, ProductOptions } from '../support/product-process.ts'
import type { Launcher } from '../support/browser/fixtures.ts'
import { leave, useSession } from '../support/browser/fixtures.ts'
import { expectFailure, expectForeseen, openLicense, openPath, pressSave, saveCredential } from '../support/browser/screen.ts'

/** Where a scene is set: processes of its own, and the page that is going to be looked at. */
export interface Stage {
  page: Page
  product: Product
  licenseServer: LicenseServerProcess
  launch: Launcher
  /** Called when the scene has been looked at. */
  atEnd(end: () => unknown): void
}

export interface Scene {
  /** Also the name of the folder of its pictures. */
  name: string
  productOptions?: Partial<ProductOptions>
  /** Leaves the page showing it. */
  prepare(stage: Stage): Promise<void>
  /** Passes by itself, so that it is prepared anew for every picture. */
  fleeting?: boolean
  /** The page has no choice of language, and is looked at in English alone. */
  onlyEnglish?: boolean
}

/** Gives the page an administrator's session, which the script that is returned has too. */
export async function signInPage({ page, product }: Stage): Promise<ApiClient> {
  const api = await signIn(product.url)
  await useSession(page, product, api)
  return api
}

/** Signs in and opens a path of the panel after `arrange`, which is given the script. */
export async function openAfter(stage: Stage, path: string, arrange: (api: ApiClient) => Promise<unknown>): Promise<ApiClient> {
  const api = await signInPage(stage)
  await arrange(api)
  await openPath(stage.page, stage.product, path)
  return api
}

/** Signs in and opens the License screen. */
export async function openScreen(stage: Stage): Promise<ApiClient> {
  const api = await signInPage(stage)
  await openLicense(stage.page, stage.product)
  return api
}

/** Saves as a script; throws with the answer unless the license is in force then. */
export async function requireSaved(api: ApiClient, credential: string): Promise<void> {
  const { status, text } = await api.save(credential)
  if (status !== 200) throw new Error(`saving answered ${status}: ${text}`)
}

/** A token for this installation, signed by the vendor; `claims` replace its own. */
export async function tokenFor({ licenseServer }: Stage, api: ApiClient, claims: Record<string, unknown> = {}): Promise<string> {
  const { instanceId } = await api.license()
  return licenseServer.control.issueToken({ instance_id: instanceId, claims })
}

/** Pastes a credential on the open screen, saves, and waits until the reason stands there. */
export async function saveAndFail({ page }: Stage, credential: string, code: ErrorCode): Promise<void> {
  await saveCredential(page, credential)
  // What is wrong with a text is said by its cause alone.
  await expectFailure(page, code, code === 'CREDENTIAL_MALFORMED' ? undefined : en.errors[code].title, 20_000)
}

/** The same over a license in force, where a token that would be refused is not sent. */
export async function saveAndForesee({ page }: Stage, token: string, code: ErrorCode): Promise<void> {
  await pressSave(page, token)
  await expectForeseen(page, code, en.errors[code].title)
}

/** Starts the product anew on the same database, with the page away meanwhile. */
export async function startAgain({ page, product, launch }: Stage, env: Record<string, string | undefined> = {}): Promise<void> {
  await leave(page)
  await launch.restart(product, env)
}

/** Seconds since 1970, `days` from now. */
export function daysFromNow(days: number): number {
  return Math.floor(Date.now() / 1000 + days * 86_400)
}
