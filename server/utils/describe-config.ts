import type { Config } from './config.ts'

/** Takes the configuration; returns what support may know of it: no secret, user, password or e-mail. */
export function describeConfig(config: Config): Record<string, unknown> {
  const proxy = config.proxyFor(config.licenseServerUrl)
  return {
    licenseServerUrl: config.licenseServerUrl,
    proxy: proxy ? new URL(proxy).host : null,
    database: config.databaseUrl.startsWith('file:') ? 'sqlite' : 'postgres',
    publicUrl: config.publicUrl && config.publicUrl.origin + config.basePath,
    trustProxy: config.trustProxy,
    licenseKeyFromEnvironment: config.licenseKey !== null,
    adminFromEnvironment: config.admin !== null,
    serviceTokens: config.serviceTokens.length,
    eventsKeepDays: config.eventsKeepDays,
    logFormat: config.logFormat,
  }
}
