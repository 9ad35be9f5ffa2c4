import type { Accounts } from '../accounts/service.ts'
import type { Log } from '../license/ports.ts'
import type { Config } from './config.ts'

/** Takes the configuration; makes sure there is a way in: the operator's administrator, or a one-time set-up link in the log. */
export async function settleAdministrator(accounts: Accounts, { config, log }: { config: Config, log: Log }): Promise<void> {
  if (config.admin) {
    const outcome = await accounts.ensureAdmin(config.admin.email, config.admin.password)
    if (outcome !== 'unchanged') log.info(`administrator from NC_ADMIN_EMAIL ${outcome}`)
    return
  }
  const token = await accounts.offerSetup()
  if (!token) return
  const origin = config.publicUrl ? config.publicUrl.origin + config.basePath.slice(0, -1) : config.localUrl
  // In the fragment, so that no proxy or access log on the way ever sees it.
  log.info(`create the first administrator within an hour: ${origin}/setup#token=${token}`)
}
