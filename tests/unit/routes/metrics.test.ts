import { describe, expect, it } from 'vitest'
import ready from '../../../server/api/health/ready.get.ts'
import metrics from '../../../server/routes/metrics.get.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { openApp } from '../../../server/runtime/app.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import { openRunningApp } from '../../support/running-app.ts'

const SERVICE_TOKEN = 'a-service-token-of-more-than-32-characters'

/** What is told of a database: what was seen of it last, and whether it can be written now. */
async function told(up: boolean, writable: boolean) {
  const { app } = await openRunningApp({ NC_SERVICE_TOKEN: SERVICE_TOKEN })
  const requireWritable = async () => {
    if (!writable) throw new LicenseError('STORAGE_UNAVAILABLE', { details: { cause: 'unreachable' } })
  }
  openApp({ ...app, storage: { ...app.storage, health: { ...app.storage.health, up, requireWritable } } })
  const event = () => createHttpEvent({ headers: { authorization: `Bearer ${SERVICE_TOKEN}` } })
  const [asked, probe] = [event(), event()]
  await ready(probe)
  const [, metric] = /^nocodb_license_storage_up (\d)$/m.exec(String(await metrics(asked))) ?? []
  return { metric, status: asked.node.res.statusCode, ready: probe.node.res.statusCode }
}

describe('metrics', () => {
  it.each([[true, true], [true, false], [false, true], [false, false]])(
    'say, as `ready` does, whether the database can be written now, whatever was seen last: up %s, writable %s', async (up, writable) => {
      expect(await told(up, writable)).toEqual({ metric: writable ? '1' : '0', status: 200, ready: writable ? 200 : 503 })
    })
})
