import { setResponseHeader } from 'h3'
import { describeConfig } from '../../runtime/config-report.ts'
import { handle } from '../../http/handle.ts'
import { eventViewOf } from '../../http/views.ts'

export default handle('getSupportBundle', async ({ app: { license, config, storage, build }, event }) => {
  const bundle = license.supportBundle({
    configuration: describeConfig(config), storage: storage.kind,
    runtime: { node: process.version, platform: process.platform, arch: process.arch, commit: build.commit, replica: config.replica },
  })
  const events = await license.listEvents({ limit: 200 })
  setResponseHeader(event, 'content-disposition', `attachment; filename="nocodb-license-${license.instanceId.slice(0, 8)}.json"`)
  return { ...bundle, checkIns: await license.listCheckInDays(30), events: events.map(each => eventViewOf(each, 'viewer')) }
})
