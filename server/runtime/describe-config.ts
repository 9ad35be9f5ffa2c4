import type { Config } from './config.ts'

/** What support may know of the configuration: no secret, user, password or e-mail. */
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
    adminTokens: config.adminTokens.length,
    serviceTokens: config.serviceTokens.length,
    eventsKeepDays: config.eventsKeepDays,
    logFormat: config.logFormat,
    logLevel: config.logLevel,
    // Names alone, without the path of a file.
    set: Object.entries(config.origins).filter(([, { from }]) => from !== 'default').map(([name, { from }]) => `${name} (${from})`),
    warnings: config.warnings,
  }
}
