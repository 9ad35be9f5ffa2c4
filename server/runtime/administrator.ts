import type { Accounts } from '../accounts/service.ts'
import type { Config } from './config.ts'
import type { ProcessLog } from './log.ts'

/** Makes sure that there is a way in: the operator's administrator, or a one-time set-up link in the log. */
export async function settleAdministrator(accounts: Accounts, { config, log }: { config: Config, log: ProcessLog }): Promise<void> {
  const outcome = await accounts.applyEnvironment(config.admin)
  if (config.admin) {
    log.info(`administrator from NC_ADMIN_EMAIL ${outcome}`)
    return
  }
  const offer = await accounts.offerSetup()
  if (!offer) return
  const origin = config.publicUrl?.origin ?? config.localUrl
  const until = new Date(offer.expiresAt).toISOString()
  // In the fragment, so that no proxy or access log on the way ever sees it.
  log.announce(`create the first administrator until ${until}: ${origin}${config.basePath}setup#token=${offer.token}`)
}
