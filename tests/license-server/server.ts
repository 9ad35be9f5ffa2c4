import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { PROTOCOL } from '../../server/license-server/protocol.ts'
import type { CallName } from '../../server/license-server/protocol.ts'
import { createVendorClock } from './clock.ts'
import { createControlApi } from './control-api.ts'
import { createFaultQueue } from './fault-queue.ts'
import { sendReplacement } from './fault-replacements.ts'
import { sendSpoilt } from './fault-transport.ts'
import { replacementSchema, signedSchema, transportSchema } from '../support/vendor/fault-types.ts'
import type { Fault } from '../support/vendor/fault-types.ts'
import { createForkWatch } from './forks.ts'
import { parseBody, readBody, sendJson } from './http.ts'
import { createLicenseBook } from './licenses.ts'
import { createRequestLog } from './request-log.ts'
import { tamperingOf } from './tampering.ts'
import { createVendor, refusal } from './vendor.ts'
import type { Refused, Vendor } from './vendor.ts'

const API_LIMIT = 65_536
const CONTROL_LIMIT = 1_048_576

const CALLS = new Map<string, CallName>([
  [PROTOCOL.activate.path, 'activate'],
  [PROTOCOL.checkIn.path, 'checkIn'],
  [PROTOCOL.renew.path, 'renew'],
  [PROTOCOL.deactivate.path, 'deactivate'],
  [PROTOCOL.ping.path, 'ping'],
])

function bearerOf(req: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/.exec(req.headers.authorization ?? '')?.[1]
}

function sendRefusal(res: ServerResponse, { status, body, headers }: Refused): void {
  sendJson(res, status, body, headers)
}

interface Call { name: CallName, fault: Fault | undefined, body: unknown, released: Promise<void> }

async function answerCall(vendor: Vendor, { name, fault, body, released }: Call, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const replacement = replacementSchema.safeParse(fault)
  if (replacement.success) return sendReplacement(res, replacement.data)
  if (fault?.type === 'reset' && (fault.stage ?? 'request') === 'request') return void req.socket.resetAndDestroy()
  const signed = signedSchema.safeParse(fault)
  const outcome = await vendor.answer(name, body, bearerOf(req), signed.success ? tamperingOf(signed.data) : {})
  const spoilt = transportSchema.safeParse(fault)
  if (spoilt.success) return sendSpoilt(res, outcome, spoilt.data, released)
  sendJson(res, outcome.status, outcome.body, 'headers' in outcome ? outcome.headers : undefined)
}

/** The sandbox license server: the protocol under `/api/v1/`, its control API under `/__sandbox/`. */
export function createLicenseServer(): Server {
  const clock = createVendorClock()
  const licenses = createLicenseBook(clock)
  const forks = createForkWatch()
  const faults = createFaultQueue()
  const requests = createRequestLog()
  const vendor = createVendor({ licenses, forks, clock })
  const control = createControlApi({ clock, licenses, forks, faults, requests })

  async function api(path: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const read = await readBody(req, API_LIMIT)
    const body = read.ok ? parseBody(read.text) : null
    requests.add(req, path, body)
    const call = CALLS.get(path)
    if (!read.ok) {
      // The rest of the body is not read, so the connection cannot serve another request.
      res.shouldKeepAlive = false
      return sendRefusal(res, refusal('bad_request', 'The request is too large.', 413))
    }
    if (!call) return sendRefusal(res, refusal('bad_request', 'There is no such call.', 404))
    if (req.method !== PROTOCOL[call].method) {
      res.setHeader('allow', PROTOCOL[call].method)
      return sendRefusal(res, refusal('bad_request', 'This call has another HTTP method.', 405))
    }
    await answerCall(vendor, { name: call, fault: faults.take(call), body, released: faults.cleared() }, req, res)
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/'
    res.setHeader('date', new Date(clock.now() * 1000).toUTCString())
    if (path.startsWith('/api/v1/')) return api(path, req, res)
    if (!path.startsWith('/__sandbox/')) return sendJson(res, 404, { error: 'Not found' })
    const read = await readBody(req, CONTROL_LIMIT)
    if (!read.ok) res.shouldKeepAlive = false
    const { status, body } = read.ok
      ? await control(req.method ?? 'GET', path, parseBody(read.text))
      : { status: 413, body: { error: 'The request is too large.' } }
    sendJson(res, status, body)
  }

  return createServer((req, res) => {
    handle(req, res).catch((error: unknown) => {
      // A client that hung up amid its request is its own affair; anything else is a defect of this server.
      if (!req.destroyed) console.error(error)
      res.destroy()
    })
  })
}
