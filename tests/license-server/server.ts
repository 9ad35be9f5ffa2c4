import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { openDoor } from './callers.ts'
import { sendReplacement } from './fault-replacements.ts'
import { sendSpoilt } from './fault-transport.ts'
import { readBody, sendJson } from './http.ts'
import { createSandbox } from './sandbox.ts'
import type { Reply, Sandbox } from './sandbox.ts'
import { createSandboxParts } from './sandbox-parts.ts'

const API_LIMIT = 65_536
const CONTROL_LIMIT = 1_048_576
const CONTROL_ROOT = '/__sandbox'

async function send(req: IncomingMessage, res: ServerResponse, reply: Reply): Promise<void> {
  switch (reply.kind) {
    case 'reset': return void req.socket.resetAndDestroy()
    case 'replaced': return sendReplacement(res, reply.fault)
    case 'spoilt': return sendSpoilt(res, reply.outcome, reply.fault, reply.released)
    case 'answer': {
      const { status, body, ...rest } = reply.outcome
      return sendJson(res, status, body, 'headers' in rest ? rest.headers : undefined)
    }
  }
}

/** Reads what is sent; if that is too much, the rest stays unread, so the connection cannot serve another request. */
async function readWithin(limit: number, req: IncomingMessage, res: ServerResponse) {
  const body = await readBody(req, limit)
  if (!body.ok) res.shouldKeepAlive = false
  return body
}

async function answerCall(sandbox: Sandbox, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const body = await readWithin(API_LIMIT, req, res)
  const { now, reply } = await sandbox.receive({ method: req.method ?? '', url: req.url ?? '/', headers: req.headers, body })
  res.setHeader('date', new Date(now * 1000).toUTCString())
  await send(req, res, reply)
}

async function answerControl(sandbox: Sandbox, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const read = await readWithin(CONTROL_LIMIT, req, res)
  if (!read.ok) return sendJson(res, 413, { error: 'The request is too large.' })
  const { pathname, searchParams: query } = new URL(req.url ?? '/', 'http://sandbox')
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  const { status, body } = await sandbox.control({
    method: req.method ?? 'GET', path: pathname.slice(CONTROL_ROOT.length), query, body: read.text, gone: gone.signal,
  })
  sendJson(res, status, body)
}

async function handle(sandbox: Sandbox, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const path = (req.url ?? '/').split('?', 1)[0] ?? '/'
  if (openDoor(path).path.startsWith('/api/v1/')) return answerCall(sandbox, req, res)
  if (path.startsWith(`${CONTROL_ROOT}/`)) return answerControl(sandbox, req, res)
  sendJson(res, 404, { error: 'Not found' })
}

/** The sandbox license server: the protocol under `/api/v1/`, its control API under `/__sandbox/`. */
export function createLicenseServer(): Server {
  const sandbox = createSandbox(createSandboxParts())
  return createServer((req, res) => {
    handle(sandbox, req, res).catch((error: unknown) => {
      // A client that hung up amid its request is its own affair; anything else is a defect of this server.
      if (req.complete) console.error(error)
      res.destroy()
    })
  })
}
