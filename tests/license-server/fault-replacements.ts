import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Replacement } from '../support/vendor/fault-types.ts'
import { JSON_TYPE, sendJson, sendText } from './http.ts'
import { refusal } from './vendor.ts'

const FILLER = Buffer.alloc(16_384, 0x20)
/** 256 MiB of blanks, which gzip turns into about 256 KiB. */
const BOMB_CHUNKS = 16_384
/** Deep enough for a recursive parser, and still below the 64 KiB that a client reads. */
const DEPTH = 20_000

const PORTAL = `<!doctype html>
<html><head><title>Welcome to Airport Wi-Fi</title></head>
<body><h1>Please sign in</h1><form action="/login" method="post"><button>Accept and connect</button></form></body>
</html>
`

function* blanks(chunks: number): Generator<Buffer> {
  yield Buffer.from('{"lease":"')
  for (let sent = 0; sent < chunks; sent += 1) yield FILLER
}

async function stream(res: ServerResponse, source: Readable, gzip: boolean): Promise<void> {
  res.writeHead(200, { 'content-type': JSON_TYPE, ...(gzip ? { 'content-encoding': 'gzip' } : {}) })
  try {
    await (gzip ? pipeline(source, createGzip(), res) : pipeline(source, res))
  }
  catch {
    // The client has hung up, as it should.
    res.destroy()
  }
}

/** Answers in place of the vendor as the fault says; resolves when there is nothing more to send. */
export async function sendReplacement(res: ServerResponse, fault: Replacement): Promise<void> {
  switch (fault.type) {
    case 'status': return typeof fault.body === 'object'
      ? sendJson(res, fault.status, fault.body, fault.headers)
      : sendText(res, fault.status, String(fault.body ?? ''), { 'content-type': 'text/plain', ...fault.headers })
    case 'hang': return
    case 'html': return sendText(res, 200, PORTAL, { 'content-type': 'text/html; charset=utf-8' })
    case 'empty': return sendText(res, 200, '', { 'content-type': JSON_TYPE })
    // An array, because the answer to `deactivate` may be any object.
    case 'badSchema': return sendJson(res, 200, [{ lease: 42, secret: null, ok: 'yes' }])
    case 'deepJson': return sendText(
      res, 200, `{"lease":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`, { 'content-type': JSON_TYPE },
    )
    case 'redirect': return sendText(res, fault.status ?? 307, '', { location: fault.location })
    case 'unsignedRefusal': {
      const { status, body, headers } = refusal(fault.code, 'Injected by the control API.', fault.status)
      return sendJson(res, status, body, headers)
    }
    case 'endless': return stream(res, Readable.from(blanks(Infinity)), false)
    case 'gzipBomb': return stream(res, Readable.from(blanks(BOMB_CHUNKS)), true)
  }
}
