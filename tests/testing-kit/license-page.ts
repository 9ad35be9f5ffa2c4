import type { Locator, Page } from '@playwright/test'
import { expect } from '@playwright/test'
import type { LicenseState } from '../../shared/contracts.ts'
import type { Panel, SessionCookie } from './panel.ts'

/** The License screen by its hooks: no sentence of it is known here, so that it is the same in every language. */
export class LicensePage {
  readonly page: Page
  readonly #panel: Panel
  readonly state: Locator
  readonly sentence: Locator
  readonly primaryAction: Locator
  readonly instanceId: Locator
  readonly field: Locator
  readonly saveButton: Locator
  /** What came of the last action. */
  readonly notice: Locator
  readonly reference: Locator
  readonly finding: Locator

  constructor(page: Page, panel: Panel) {
    this.page = page
    this.#panel = panel
    this.state = page.getByTestId('license-state')
    this.sentence = page.getByTestId('status-sentence')
    this.primaryAction = page.getByTestId('primary-action')
    this.instanceId = page.getByTestId('instance-id')
    this.field = page.getByTestId('credential')
    this.saveButton = page.getByTestId('save')
    this.notice = page.getByTestId('notice')
    this.reference = page.getByTestId('reference')
    this.finding = page.getByTestId('finding')
  }

  /** Gives the browser a session: one that a seed answered, or the administrator's. Null, as a seed without a role answers, takes it away. */
  async signIn(cookie?: SessionCookie | null): Promise<void> {
    if (cookie === null) return this.page.context().clearCookies()
    const { name, value } = cookie ?? await this.#panel.signIn()
    await this.page.context().addCookies([{ name, value, url: this.#panel.url, httpOnly: true, sameSite: 'Lax' }])
  }

  async open(path = '/admin/license'): Promise<void> {
    await this.page.goto(this.#panel.url + path)
  }

  /** Pastes a credential and saves it, whatever comes of it; a question whether to replace a license is answered with yes. */
  async save(credential: string): Promise<void> {
    const replace = this.page.getByTestId('replace')
    await expect(this.field.or(replace).first()).toBeVisible()
    if (!await this.field.isVisible()) await replace.click()
    await this.field.fill(credential)
    await this.saveButton.click()
    const confirm = this.page.getByRole('dialog').getByTestId('confirm')
    // An empty field is not sent: it says so itself.
    const empty = this.page.locator('[data-testid="credential"][data-cause="empty"]')
    await expect(this.notice.or(confirm).or(empty).first()).toBeVisible()
    if (await empty.isVisible()) return
    if (await confirm.isVisible()) await confirm.click()
    await expect(this.notice.first()).toBeVisible()
  }

  async expectState(state: LicenseState): Promise<void> {
    await expect(this.state).toHaveAttribute('data-state', state)
  }

  /** What the last action failed with. */
  async expectRefused(code: string): Promise<void> {
    await expect(this.notice.and(this.page.locator(`[data-code="${code}"]`)).first()).toBeVisible()
  }

  /** The cause that is shown, on the status or with what has just failed. */
  async expectCause(cause: string): Promise<void> {
    await expect(this.page.locator(`[data-testid="finding"][data-cause="${cause}"], [data-cause="${cause}"] [data-testid="finding"]`).first()).toBeVisible()
  }
}
