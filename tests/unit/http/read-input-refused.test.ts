import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { H3Event } from 'h3'
import { createApp, eventHandler, toNodeListener } from 'h3'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { answerError } from '../../../server/http/http-error.ts'
import { peerOf } from '../../../server/http/peer.ts'
import { readJsonBody, readParams, readQuery } from '../../../server/http/read-input.ts'
import { OPERATIONS } from '../../../shared/operations.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import { openSocket, rawExchange, statusesIn } from '../../support/network/raw-socket.ts'
import { startServer } from '../../support/vendor-door.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const LIMIT = 16 * 1024
const ANYTHING = z.record(z.string(), z.unknown())

/** A server that answers with what it read, or why it did not. */
function answering(schema: z.ZodType = ANYTHING): Promise<string> {
  return startServer(toNodeListener(createApp().use(eventHandler(event =>
    readJsonBody(event, schema).then(read => ({ read }), (error: unknown) => answerError(event, error))))))
}

/** Sends it a body. */
async function sent(body: RequestInit['body'], headers: Record<string, string> = JSON_TYPE, schema: z.ZodType = ANYTHING) {
  const response = await fetch(await answering(schema), { method: 'POST', headers, body: body ?? null, ...(body instanceof ReadableStream ? { duplex: 'half' } : {}) })
  const { read, data }: { read?: unknown, data?: unknown } = Object(await response.json())
  return { status: response.status, connection: response.headers.get('connection'), read, data }
}

const bodyOf = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`
const bytesOf = (text: string) => new TextEncoder().encode(text)
/** Sent piece by piece, without a Content-Length; not to its end unless `ends`. */
const inPieces = (pieces: Uint8Array[], ends = true) => new ReadableStream({
  start(controller) {
    for (const piece of pieces) controller.enqueue(piece)
    if (ends) controller.close()
  },
})

describe('the type of a body', () => {
  it.each([['application/json'], ['APPLICATION/JSON'], ['application/json; charset=utf-8']])('may be %s', async (type) => {
    expect(await sent('{"a":1}', { 'content-type': type })).toMatchObject({ status: 200, read: { a: 1 } })
  })

  it.each([
    ['text/plain'], ['application/x-www-form-urlencoded'], ['text/application/json'], ['application/jsonp'],
  ])('may not be %s: no form of another site can send JSON', async (type) => {
    expect(await sent('{"a":1}', { 'content-type': type })).toMatchObject({
      status: 400, data: { code: 'VALIDATION', fields: { 'content-type': 'expected application/json' } },
    })
  })

  it('may not be left out, unless there is no body', async () => {
    expect(await sent(bytesOf('{"a":1}'), {})).toMatchObject({ status: 400, data: { fields: { 'content-type': 'expected application/json' } } })
    expect(await sent(null, {})).toMatchObject({ status: 200, read: {} })
  })
})

describe('a body', () => {
  it.each([['{'], ['{"a":1} x'], ['undefined'], [' ']])('that is no JSON is refused, and not repeated: %j', async (body) => {
    expect((await sent(body)).data).toEqual({ code: 'VALIDATION', reference: 'NCL-301', fields: { body: 'expected JSON' } })
  })

  it.each([['1'], ['null'], ['[]'], ['"a"']])('that is no object is refused as a whole: %s', async (body) => {
    expect((await sent(body)).data).toMatchObject({ code: 'VALIDATION', fields: { body: 'invalid_type' } })
  })

  it('of several pieces is read as one, characters in two of them included', async () => {
    const bytes = bytesOf('{"a":"ü"}')
    expect((await sent(inPieces([bytes.slice(0, 7), bytes.slice(7)]))).read).toEqual({ a: 'ü' })
  })

  it('of 16 KiB is read', async () => {
    expect(await sent(bodyOf(LIMIT))).toMatchObject({ status: 200, read: { a: 'x'.repeat(LIMIT - 8) } })
  })

  const refused = { status: 413, data: { code: 'PAYLOAD_TOO_LARGE', details: { limitBytes: LIMIT } } }

  it.each([
    ['at once', () => bodyOf(LIMIT + 1)], ['in bytes, not characters', () => `{"a":"${'ü'.repeat(LIMIT / 2)}"}`],
    ['in pieces, announced by nobody', () => inPieces([bodyOf(LIMIT / 2), ' '.repeat(LIMIT / 2), ' '].map(bytesOf))],
    ['a megabyte', () => bodyOf(2 ** 20)],
  ])('of more is refused, and the connection goes on: %s', async (_, body) => {
    expect(await sent(body())).toMatchObject({ ...refused, connection: 'keep-alive' })
  })

  it('of more that goes no further is not waited for', async () => {
    expect(await sent(inPieces([bytesOf(bodyOf(LIMIT + 1))], false))).toMatchObject({ ...refused, connection: 'close' })
  })

  it('of more that never ends is answered or cut after little more than a megabyte', async () => {
    const { port } = new URL(await answering())
    const socket = await openSocket(Number(port))
    socket?.on('data', () => socket.destroy()).write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
    let mebibytes = 0
    while (socket?.writable && mebibytes < 10) {
      socket.write(`10000\r\n${'x'.repeat(2 ** 16)}\r\n`)
      mebibytes += 1 / 16
      await sleep(20)
    }
    expect(mebibytes).toBeLessThan(10)
  })

  it('of more that was sent to its end does not spoil what follows on its connection', async () => {
    const { port } = new URL(await answering())
    const head = (length: number, more = '') => `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}content-length: ${length}\r\n\r\n`
    const { text: answers } = await rawExchange(Number(port), [head(20 * LIMIT), 'x'.repeat(20 * LIMIT), head(7, 'connection: close\r\n'), '{"a":1}'])
    expect(statusesIn(answers)).toEqual([413, 200])
    expect(answers).toContain('{"a":1}')
  })

  it('of more is refused in a way that senders hear who listen only once they have sent it all', async () => {
    const { hostname, port } = new URL(await answering())
    const socket = connect({ host: hostname, port: Number(port) }).pause()
    let cut: unknown = null
    socket.on('error', (error) => { cut = error })
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${20 * LIMIT}\r\n\r\n`)
    for (let nth = 0; nth < 20; nth++) {
      socket.write('x'.repeat(LIMIT))
      await sleep(20)
    }
    expect([await text(socket), cut]).toEqual([expect.stringMatching(/^HTTP\/1\.1 413 .*PAYLOAD_TOO_LARGE/s), null])
  })

  it('of more leaves its request a sender, for whatever still happens to its answer', async () => {
    const event = createHttpEvent({ method: 'POST', from: '203.0.113.9', body: { a: 'x'.repeat(LIMIT) } })
    await expect(readJsonBody(event, ANYTHING)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    expect(peerOf(event, { trustProxy: [], publicUrl: null }).address).toBe('203.0.113.9')
  })
})

describe('a sender who leaves', () => {
  const HEAD = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
  const PARTS: [string, string[]][] = [
    ['before the body', [HEAD, 'content-length: 7\r\n\r\n']], ['within it', [HEAD, 'content-length: 7\r\n\r\n', '{"a"']],
    ['within one of no announced length', [HEAD, 'transfer-encoding: chunked\r\n\r\n', '4\r\n{"a"\r\n']],
  ]

  /** What a request becomes whose sender goes once it has arrived, and the defects that are logged. */
  async function becomes(parts: string[], leave: (socket: Socket) => void, read: (event: H3Event) => Promise<unknown>) {
    const [arrived, outcome] = [Promise.withResolvers<void>(), Promise.withResolvers<unknown>()]
    const defects: unknown[] = []
    const url = await startServer(toNodeListener(createApp().use(eventHandler((event) => {
      arrived.resolve()
      outcome.resolve(read(event).catch((error: unknown) => answerError(event, error, { error: (...line) => void defects.push(line) }).data))
      return outcome.promise
    }))))
    const socket = await openSocket(Number(new URL(url).port))
    for (const part of parts) socket?.write(part)
    await arrived.promise
    if (socket) leave(socket)
    return { outcome: await outcome.promise, defects }
  }
  const noDefect = { outcome: { code: 'VALIDATION', reference: 'NCL-301', fields: { body: 'incomplete' } }, defects: [] }

  it.each(PARTS)('%s is no defect', async (_, parts) => {
    expect(await becomes(parts, socket => socket.destroy(), event => readJsonBody(event, ANYTHING))).toEqual(noDefect)
  })

  it.each(PARTS)('%s with a reset is no defect', async (_, parts) => {
    expect(await becomes(parts, socket => socket.resetAndDestroy(), event => readJsonBody(event, ANYTHING))).toEqual(noDefect)
  })

  it('with all of it sent, while the caller is still being looked up, is no defect', async () => {
    expect(await becomes([HEAD, 'content-length: 7\r\n\r\n', '{"a":1}'], socket => socket.resetAndDestroy(), async (event) => {
      await once(event.node.res, 'close')
      return readJsonBody(event, ANYTHING)
    })).toEqual(noDefect)
  })

  it('within more than is read is no defect either', async () => {
    const { defects } = await becomes([HEAD, `content-length: ${4 * LIMIT}\r\n\r\n`, bodyOf(2 * LIMIT)], socket => socket.end(), event => readJsonBody(event, ANYTHING))
    expect(defects).toEqual([])
  })
})

describe('what does not fit', () => {
  const SCHEMA = z.object({ users: z.array(z.object({ email: z.email() })), seats: z.int() })

  it('is named by its path and kind, never by its value', async () => {
    const answer = await sent('{"users":[{"email":"ada@example.com"},{"email":"the secret"}],"seats":"two"}', JSON_TYPE, SCHEMA)
    expect(answer.data).toEqual({ code: 'VALIDATION', reference: 'NCL-301', fields: { 'users.1.email': 'invalid_format', 'seats': 'invalid_type' } })
  })

  it('is the body itself where no member is to blame', async () => {
    expect((await sent('{}', JSON_TYPE, OPERATIONS.updateUser.body)).data).toMatchObject({ fields: { body: 'custom' } })
  })

  it('may be in the query or the path', () => {
    const event = createHttpEvent({ path: '/api/license/check-ins?days=0' })
    event.context.params = { id: '' }
    expect(() => readQuery(event, OPERATIONS.listCheckIns.query)).toThrow(expect.objectContaining({ code: 'VALIDATION', fields: { days: 'too_small' } }))
    expect(() => readParams(event, OPERATIONS.updateUser.params)).toThrow(expect.objectContaining({ code: 'VALIDATION', fields: { id: 'too_small' } }))
  })
})

it('a query and a path are read decoded, and what a query leaves out is filled in', () => {
  const event = createHttpEvent({ path: '/api/license/events?before=7&kind=check%5Fin_failed' })
  event.context.params = { name: 'single%20sign%2Fon' }
  expect(readQuery(event, OPERATIONS.listEvents.query)).toEqual({ before: 7, limit: 50, kind: 'check_in_failed' })
  expect(readParams(event, OPERATIONS.checkFeature.params)).toEqual({ name: 'single sign/on' })
})
