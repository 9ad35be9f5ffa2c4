import { describe, expect, it } from 'vitest'
import { rawExchange, statusesIn } from '../support/network/raw-socket.ts'
import { useStand } from '../support/stand.ts'

/* A second request in the body of the first, for whoever counts its bytes differently: a proxy in front, say. */

const stand = useStand()
const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, `Host: 127.0.0.1:${stand.product.port}`, `Cookie: ${stand.admin.cookie}`, ...headers, '', ''].join('\r\n')

const chunked = (hidden: string) => `0\r\n\r\n${hidden}`
/** Headers of the outer request, and how its body hides another one. */
const SMUGGLING: [string, string[], (hidden: string) => string][] = [
  ['both lengths', ['Content-Length: 6', 'Transfer-Encoding: chunked'], chunked],
  ['both lengths, ChuNked', ['Content-Length: 6', 'Transfer-Encoding: ChuNked'], chunked],
  ['both lengths, the other way round', ['Transfer-Encoding: chunked', 'Content-Length: 4'], hidden => `${(hidden.length).toString(16)}\r\n${hidden}\r\n0\r\n\r\n`],
  ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: ChuNked', 'Content-Length: 5'], chunked],
  ['chunked and identity', ['Transfer-Encoding: ChuNked, identity'], chunked],
  ['something like chunked', ['Transfer-Encoding: xchunked', 'Content-Length: 5'], chunked],
  ['chunked in a folded line', ['Transfer-Encoding:\r\n chunked', 'Content-Length: 5'], chunked],
  ['chunked after a tab', ['Transfer-Encoding:\tchunked', 'Content-Length: 5'], chunked],
  ['chunked behind a vertical tab', ['Transfer-Encoding: \u000Bchunked', 'Content-Length: 5'], chunked],
  ['a space before the colon', ['Transfer-Encoding : chunked', 'Content-Length: 5'], chunked],
  ['two different lengths', ['Content-Length: 5', 'Content-Length: 500'], chunked],
  ['a list of lengths', ['Content-Length: 5, 500'], chunked],
  ['a signed length', ['Content-Length: +5'], chunked],
  ['a hexadecimal length', ['Content-Length: 0x5'], chunked],
  ['a negative length', ['Content-Length: -1'], chunked],
  ['a negative chunk', ['Transfer-Encoding: ChuNked'], hidden => `-1\r\n${hidden}`],
  ['a chunk of 2^64', ['Transfer-Encoding: ChuNked'], hidden => `10000000000000005\r\n{"a":\r\n${hidden}`],
  ['a chunk extension with a line break', ['Transfer-Encoding: ChuNked'], hidden => `5;a=\n${hidden}\r\n0\r\n\r\n`],
  ['line feeds alone', ['Transfer-Encoding: ChuNked'], hidden => `0\n\n${hidden}`],
  ['a header hidden behind a line feed', ['X-A: b\nTransfer-Encoding: chunked', 'Content-Length: 5'], chunked],
  ['a header hidden behind a NUL', ['X-A: b\u0000\r\nTransfer-Encoding: chunked', 'Content-Length: 5'], chunked],
]

describe('F75: a request hidden in another', () => {
  it.each(SMUGGLING)('F75: by %s is never carried out, and nobody gets stuck', async (_what, headers, bodyOf) => {
    if ((await stand.admin.license()).state === 'unlicensed') expect((await stand.admin.save('nc_demo_standard')).status).toBe(200)
    const { revision } = await stand.admin.license()
    // At its worst: with the session of an administrator.
    const hidden = `DELETE /api/license HTTP/1.1\r\nHost: x\r\nCookie: ${stand.admin.cookie}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`
    const outer = head('POST /api/license/preview', 'Content-Type: application/json', ...headers)
    const { text, closed } = await rawExchange(stand.product.port, [outer + bodyOf(hidden)])
    const statuses = statusesIn(text)
    expect(statuses, text.slice(0, 300)).toEqual([400])
    expect(closed).toBe(true)
    expect((await stand.admin.license()).revision).toBe(revision)
    expect((await stand.admin.request('GET', '/api/health/live')).status).toBe(200)
  })

  it('F75: an honest Transfer-Encoding: ChuNked is understood', async () => {
    const { text } = await rawExchange(stand.product.port, [
      head('POST /api/license/preview', 'Content-Type: application/json', 'Transfer-Encoding: ChuNked', 'Connection: close'),
      '21\r\n{"credential":"nc_demo_standard"}\r\n0\r\n\r\n',
    ])
    expect(statusesIn(text)).toEqual([200])
  })
})
