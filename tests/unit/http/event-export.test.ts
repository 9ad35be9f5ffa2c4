import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { createEvent } from 'h3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { csvRecord } from '../../../server/http/csv.ts'
import type { ReadPage } from '../../../server/http/event-export.ts'
import { exportTexts, sendExport } from '../../../server/http/event-export.ts'
import { answerHeadAsGet } from '../../../server/http/head-request.ts'
import type { EventView } from '../../../shared/contracts.ts'

const AT = '2026-11-26T14:03:00.000Z'
const eventOf = (id: number, changes: Partial<EventView> = {}): EventView => ({
  id, kind: 'removed', at: AT, firstAt: AT, count: 1, actor: 'user', actorEmail: 'ada@customer.example', address: '192.0.2.7', details: {}, finding: null, ...changes,
})

/** Pages of two, and how many of them have been read. */
function logOf(events: EventView[]): { read: ReadPage, reads: () => number } {
  let reads = 0
  const read: ReadPage = async (before) => {
    reads++
    return events.filter(({ id }) => before === undefined || id < before).slice(0, 2)
  }
  return { read, reads: () => reads }
}

describe('a record of CSV', () => {
  it.each([
    ['plain text', 'plain', 'plain'], ['a comma', 'a,b', '"a,b"'], ['quotes', 'say "so"', '"say ""so"""'], ['a line break', 'a\r\nb', '"a\r\nb"'],
    ['a semicolon', 'a;b', '"a;b"'], ['letters of any language', 'Zoë 日本', 'Zoë 日本'], ['a number', -5, '-5'], ['nothing', null, ''], ['an empty text', '', ''],
  ])('holds %s', (_what, cell, expected) => {
    expect(csvRecord(['x', cell, 'y'])).toBe(`x,${expected},y\r\n`)
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '＝1+1', '\tx', '\rx'])('does not let %j begin a formula', (text) => {
    expect(csvRecord([text]).replaceAll('"', '')).toBe(`'${text}\r\n`)
    expect(csvRecord([`a${text}`])).not.toContain('\'')
  })

  it('defuses a formula before it quotes it', () => {
    expect(csvRecord(['=HYPERLINK("http://evil.example","x")'])).toBe('"\'=HYPERLINK(""http://evil.example"",""x"")"\r\n')
  })
})

describe('an export', () => {
  const events = [5, 4, 3, 2, 1].map(id => eventOf(id))

  it('as JSON is one document with every event, in the order of the log', async () => {
    const texts = await Array.fromAsync(exportTexts('json', logOf(events).read))
    expect(JSON.parse(texts.join(''))).toEqual({ events })
  })

  it('as CSV has a header and a record per event; what has parts is JSON in its cell', async () => {
    const log = logOf([eventOf(2, { details: { method: 'standard', n: 1 } }), eventOf(1, { actorEmail: null, address: null })])
    expect((await Array.fromAsync(exportTexts('csv', log.read))).join('')).toBe([
      '\uFEFFid,at,firstAt,count,kind,actor,actorEmail,address,details,finding',
      `2,${AT},${AT},1,removed,user,ada@customer.example,192.0.2.7,"{""method"":""standard"",""n"":1}",`,
      `1,${AT},${AT},1,removed,user,,,{},`, '',
    ].join('\r\n'))
  })

  it.each([['json', '{"events":[\n\n]}\n'], ['csv', '\uFEFFid,at,firstAt,count,kind,actor,actorEmail,address,details,finding\r\n']] as const)(
    'of an empty log as %s is whole', async (format, text) => {
      expect((await Array.fromAsync(exportTexts(format, logOf([]).read))).join('')).toBe(text)
    })

  it('reads a page only when the one before has been taken', async () => {
    const log = logOf(events)
    const texts = exportTexts('csv', log.read)
    const seen: number[] = []
    for await (const text of texts) {
      expect(text.length).toBeGreaterThan(0)
      seen.push(log.reads())
    }
    expect(seen).toEqual([1, 2, 3])
  })
})

describe('an export over the network', () => {
  const events = [5, 4, 3, 2, 1].map(id => eventOf(id))

  /** Serves exports; resolves to their address, and to what was logged. */
  async function serve(read: ReadPage) {
    const logged: string[] = []
    const log = { error: (message: string) => { logged.push(message) } }
    const server = createServer((request, response) => void sendExport(createEvent(request, response), log, { format: 'json', name: 'activity', read })
      .catch(() => { response.writeHead(503).end() }))
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    onTestFinished(() => { server.close() })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, logged }
  }

  it('is a download', async () => {
    const { url } = await serve(logOf(events).read)
    const answer = await fetch(url)
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="activity.json"')
    expect(await answer.json()).toEqual({ events })
  })

  it('that cannot begin is no download', async () => {
    const { url } = await serve(() => Promise.reject(new Error('away')))
    const answer = await fetch(url)
    expect([answer.status, answer.headers.get('content-disposition')]).toEqual([503, null])
  })

  it('that fails halfway breaks off, so that nobody takes it for whole, and is logged', async () => {
    const { read } = logOf(events)
    const { url, logged } = await serve(async before => before === 4 ? Promise.reject(new Error('a defect')) : read(before))
    const answer = await fetch(url)
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
    expect(logged).toEqual(['a request ended unexpectedly'])
  })

  it('whose reader leaves, at once or halfway, is no failure of ours', async () => {
    const parting = new AbortController()
    const { url, logged } = await serve(async (before) => {
      if (before === undefined) parting.abort()
      await setTimeout(50)
      return logOf(events).read(before)
    })
    await expect(fetch(url, { signal: parting.signal })).rejects.toThrow()
    const slow = await serve(async (before) => {
      await setTimeout(before === undefined ? 0 : 20)
      return [eventOf((before ?? 1000) - 1)]
    })
    const answer = await fetch(slow.url)
    await answer.body?.cancel()
    await setTimeout(200)
    expect([...logged, ...slow.logged]).toEqual([])
  })

  it('is read no faster than it is taken', async () => {
    const wide = { ...eventOf(1), details: { text: 'x'.repeat(1_000_000) } }
    let reads = 0
    const { url } = await serve((before) => {
      reads++
      return Promise.resolve(before === 1 ? [] : [{ ...wide, id: (before ?? 102) - 1 }])
    })
    const answer = await fetch(url)
    await setTimeout(300)
    expect(reads).toBeLessThan(60)
    expect((await answer.text()).length).toBeGreaterThan(100_000_000)
    expect(reads).toBe(102)
  })

  it('of which only the headers are wanted is not read on', async () => {
    const log = logOf(events)
    const server = createServer((request, response) => {
      answerHeadAsGet(request)
      void sendExport(createEvent(request, response), { error: () => undefined }, { format: 'csv', name: 'activity', read: log.read })
    })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    onTestFinished(() => { server.close() })
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { method: 'HEAD' })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present'])
    expect(log.reads()).toBe(1)
  })
})
