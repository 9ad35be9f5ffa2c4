import { setResponseHeaders } from 'h3'
import type { SupportBundle } from '../../../shared/contracts.ts'
import { describeConfig } from '../../runtime/config-report.ts'
import { placeOf } from '../../runtime/storage-finding.ts'
import { proxyName } from '../../license-server/address.ts'
import { handle } from '../../http/handle.ts'
import { replicaSetOf } from '../../http/replicas.ts'
import { diagnosticsViewOf, eventViewOf } from '../../http/views.ts'
import { withoutAddresses } from '../../../shared/redaction.ts'

export default handle('getSupportBundle', async ({ app: { license, client, config, storage, build, replicas }, event, identity }) => {
  const proxy = config.proxyFor(client.baseUrl)
  const iso = (ms: number | null) => ms === null ? null : new Date(ms).toISOString()
  const { up, since, lastWriteAt } = storage.health
  const known = await license.supportBundle({
    commit: build.commit, configuration: describeConfig(config),
    storage: { kind: storage.kind, location: placeOf(storage.location), up, since: iso(since), lastWriteAt: iso(lastWriteAt) },
    licenseServer: { url: client.baseUrl, configured: client.configured, proxy: proxy ? proxyName(new URL(proxy)) : null },
    runtime: {
      node: process.version, platform: process.platform, arch: process.arch, replica: config.replica,
      uptimeSeconds: Math.round(process.uptime()),
    },
  })
  // What was configured is named even where that is an address: support cannot do without. A viewer sees none.
  const { format, createdAt, ...rest } = known
  const { configuration, storage: database, licenseServer, lastRequest } = rest
  const named = { configuration, storage: database, licenseServer, lastRequest }
  const bundle: SupportBundle = {
    // Before all the rest: where they disagree, little else can be relied on.
    format, createdAt, replicas: await replicaSetOf(replicas, identity?.role ?? 'viewer'),
    ...rest, ...(identity?.role === 'admin' ? named : withoutAddresses(named)),
    diagnostics: known.diagnostics && diagnosticsViewOf(known.diagnostics, 'viewer'),
    checkIns: await license.listCheckInDays(30), events: (await license.listEvents({ limit: 200 })).map(each => eventViewOf(each, 'viewer')),
  }
  setResponseHeaders(event, {
    'content-type': 'application/json',
    'content-disposition': `attachment; filename="nocodb-license-${license.instanceId.slice(0, 8)}.json"`,
  })
  // Indented: people read it too.
  return `${JSON.stringify(bundle, null, 2)}\n`
})
