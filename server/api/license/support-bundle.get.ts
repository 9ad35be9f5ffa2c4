import { setResponseHeaders } from 'h3'
import type { SupportBundle } from '../../../shared/contracts.ts'
import { describeConfig } from '../../runtime/config-report.ts'
import { placeOf } from '../../runtime/storage-finding.ts'
import { proxyName } from '../../license-server/way.ts'
import { handle } from '../../http/handle.ts'
import { diagnosticsViewOf, eventViewOf } from '../../http/views.ts'

export default handle('getSupportBundle', async ({ app: { license, client, config, storage, build }, event }) => {
  const proxy = config.proxyFor(client.baseUrl)
  const iso = (ms: number | null) => ms === null ? null : new Date(ms).toISOString()
  const { up, since, lastWriteAt } = storage.health
  const { diagnostics, ...known } = await license.supportBundle({
    commit: build.commit, configuration: describeConfig(config),
    storage: { kind: storage.kind, location: placeOf(storage.location), up, since: iso(since), lastWriteAt: iso(lastWriteAt) },
    licenseServer: { url: client.baseUrl, configured: client.configured, proxy: proxy ? proxyName(new URL(proxy)) : null },
    runtime: {
      node: process.version, platform: process.platform, arch: process.arch, replica: config.replica,
      uptimeSeconds: Math.round(process.uptime()),
    },
  })
  const bundle: SupportBundle = {
    ...known, diagnostics: diagnostics && diagnosticsViewOf(diagnostics, 'viewer'),
    checkIns: await license.listCheckInDays(30), events: (await license.listEvents({ limit: 200 })).map(each => eventViewOf(each, 'viewer')),
  }
  setResponseHeaders(event, {
    'content-type': 'application/json',
    'content-disposition': `attachment; filename="nocodb-license-${license.instanceId.slice(0, 8)}.json"`,
  })
  // Indented: people read it too.
  return `${JSON.stringify(bundle, null, 2)}\n`
})
