import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../../../app/api/event-stream.ts'
import { readEvents } from '../../../../app/api/event-stream.ts'

/** A response body that arrives in these pieces. */
const bodyOf = (...pieces: Uint8Array[]) => new ReadableStream<Uint8Array>({
  start: (controller) => {
    for (const piece of pieces) controller.enqueue(piece)
    controller.close()
  },
})
const bytes = (text: string) => new TextEncoder().encode(text)
const eventsIn = (...pieces: string[]): Promise<StreamEvent[]> => Array.fromAsync(readEvents(bodyOf(...pieces.map(bytes))))

const TWO = 'event: step\ndata: {"step":"checked"}\n\nevent: done\ndata: {"state":"active"}\n\n'
const READ = [{ event: 'step', data: { step: 'checked' } }, { event: 'done', data: { state: 'active' } }]

describe('a stream of server-sent events', () => {
  it('yields each event with its data', async () => {
    expect(await eventsIn(TWO)).toEqual(READ)
  })

  it('yields the same wherever the network cuts it', async () => {
    for (let cut = 1; cut < TWO.length; cut++) expect(await eventsIn(TWO.slice(0, cut), TWO.slice(cut)), String(cut)).toEqual(READ)
    expect(await eventsIn(...TWO)).toEqual(READ)
  })

  it('yields the same when a character is cut in two', async () => {
    const whole = bytes('data: {"name":"株式会社 💩"}\n\n')
    for (let cut = 1; cut < whole.length; cut++) {
      expect(await Array.fromAsync(readEvents(bodyOf(whole.slice(0, cut), whole.slice(cut)))), String(cut)).toEqual([{ event: 'message', data: { name: '株式会社 💩' } }])
    }
  })

  it.each([['CRLF', '\r\n'], ['CR', '\r']])('may end its lines with %s, wherever the network cuts it', async (_name, end) => {
    const text = TWO.replaceAll('\n', end)
    for (let cut = 1; cut <= text.length; cut++) expect(await eventsIn(text.slice(0, cut), text.slice(cut)), String(cut)).toEqual(READ)
  })

  it('joins the lines of data, and takes them with or without a space', async () => {
    expect(await eventsIn('event:step\ndata:{"a":\ndata: 1}\n\n')).toEqual([{ event: 'step', data: { a: 1 } }])
  })

  it('skips comments, unknown fields, and events without data', async () => {
    expect(await eventsIn(': keep alive\n\nevent: empty\n\nid: 7\nretry: 10\ndata: 1\n\n')).toEqual([{ event: 'message', data: 1 }])
  })

  it('drops an event that was cut off before its end', async () => {
    expect(await eventsIn(TWO, 'event: done\ndata: {"state":"paused"}\n')).toEqual(READ)
  })

  it('yields an event as soon as it is complete, without waiting for the next', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const events = readEvents(readable)
    void writer.write(bytes('data: 1\n\ndata: 2'))
    expect((await events.next()).value).toEqual({ event: 'message', data: 1 })
    void writer.write(bytes('\n\n'))
    expect((await events.next()).value).toEqual({ event: 'message', data: 2 })
    void writer.close()
    expect((await events.next()).done).toBe(true)
  })

  it('throws when the connection breaks, after what came before', async () => {
    let pulls = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (pulls++ === 0) controller.enqueue(bytes(TWO))
        else controller.error(new TypeError('network error'))
      },
    })
    const seen: StreamEvent[] = []
    const reading = (async () => {
      for await (const event of readEvents(body)) seen.push(event)
    })()
    await expect(reading).rejects.toThrow('network error')
    expect(seen).toEqual(READ)
  })

  it('throws where data is not JSON', async () => {
    await expect(eventsIn('data: <html>\n\n')).rejects.toThrow(SyntaxError)
  })
})
