import { request } from 'node:http'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { sleep, until, useStand } from '../support/stand.ts'
import { handlesOf, residentMiB, untilHandlesAreBack } from '../support/process-figures.ts'
import { openSocket, rawExchange, sendUntilAnswered, statusesIn, untilClosed } from '../support/network/raw-socket.ts'
import { tally } from '../support/tally.ts'

/* The production process, and clients that mean it no good. */

/** Little enough that what leaks ends the process. */
const stand = useStand({ NODE_OPTIONS: '--max-old-space-size=192' })
const IDLE = Number(process.env.SOCKETS_IDLE ?? 10_000)
const SLOW = Number(process.env.SOCKETS_SLOW ?? 300)

function pidOf(): number {
  const { pid } = stand.product.process
  if (pid === undefined) throw new Error('the product has no process id')
  return pid
}

/** Somebody else's request, on a connection of its own, during all of this. */
async function expectServed(): Promise<void> {
  const [response] = await once(request(`${stand.product.url}/api/license`, {
    headers: { cookie: stand.admin.cookie }, agent: false, signal: AbortSignal.timeout(20_000),
  }).end(), 'response')
  response.resume()
  expect(response.statusCode).toBe(200)
}

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, `Host: 127.0.0.1:${stand.product.port}`, `Cookie: ${stand.admin.cookie}`, ...headers, '', ''].join('\r\n')

/** How many connections the limits of open files allow, here and in the product; both have some of their own. */
function affordable(wanted: number): number {
  const limits = [spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim()].map(text => text === 'unlimited' ? Infinity : Number(text))
  const possible = Math.min(wanted, ...limits.map(limit => limit - 500))
  if (possible < wanted) console.warn(`Only ${possible} of ${wanted} idle connections: the limit of open files (ulimit -Hn) allows no more.`)
  return possible
}

async function openMany(count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const batch = await Promise.all(Array.from({ length: Math.min(200, count - sockets.length) }, () => openSocket(stand.product.port)))
    const opened = batch.filter(socket => socket !== undefined)
    sockets.push(...opened)
    if (opened.length < batch.length) break
  }
  return sockets
}

const BODY = JSON.stringify({ credential: '!'.repeat(984) })
/** A request whose body has begun; the rest of it is missing. */
let beginning = ''
/** What came back on connections whose body goes no further, and after how many seconds they were closed. */
let abandoned: Promise<{ text: string, seconds: number }>[] = []

beforeAll(async () => {
  beginning = head('PUT /api/license', 'Content-Type: application/json', `Content-Length: ${BODY.length}`, 'Connection: close') + BODY.slice(0, 500)
  const before = handlesOf(pidOf()).sockets
  const startedAt = performance.now()
  abandoned = (await openMany(50)).map(async (socket) => {
    socket.write(beginning)
    return { text: await textOf(socket), seconds: (performance.now() - startedAt) / 1000 }
  })
  await until('the product has accepted them', () => handlesOf(pidOf()).sockets >= before + abandoned.length)
})

/** All that comes back on a socket until it is closed. */
async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1') })
  await untilClosed(socket)
  return text
}

describe('F75: connections that never become requests', () => {
  it(`F75: ${IDLE} idle ones keep nobody waiting, and leave neither memory nor handles behind`, async () => {
    await expectServed()
    const count = affordable(IDLE)
    const before = handlesOf(pidOf())
    const memory: number[] = []
    for (let round = 0; round < 4; round++) {
      const sockets = await openMany(count)
      expect(sockets).toHaveLength(count)
      await until('the product has accepted them', () => handlesOf(pidOf()).sockets >= count)
      for (let nth = 0; nth < 10; nth++) await expectServed()
      for (const socket of sockets) socket.destroy()
      await untilHandlesAreBack(pidOf(), before)
      memory.push(Math.round(residentMiB(pidOf())))
    }
    await expectServed()
    console.log(`F75: ${count} idle connections; MiB after each round ${memory.join(', ')}`)
    // The first rounds make room, which the next ones use again.
    expect((memory[3] ?? Infinity) / (memory[1] ?? 0)).toBeLessThan(1.6)
    tally({ row: 'F75', tried: 4 * count })
  })

  it(`F75: ${SLOW} that send a header byte by byte are served or dropped, and everybody else is served meanwhile`, async () => {
    const before = handlesOf(pidOf())
    const sockets = await openMany(SLOW)
    const closed = Promise.all(sockets.map(socket => untilClosed(socket.resume())))
    for (const socket of sockets) socket.write(`GET /api/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: `)
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x')
    }, 500)
    let dropped = false
    void closed.then(() => { dropped = true })
    const end = performance.now() + 150_000
    while (!dropped && performance.now() < end) {
      await expectServed()
      await sleep(500)
    }
    clearInterval(drip)
    expect(dropped).toBe(true)
    await untilHandlesAreBack(pidOf(), before)
    tally({ row: 'F75', tried: SLOW })
  })

  it('F75: a body that is long in coming does not hold up anybody else, and is answered as soon as it is there', async () => {
    const before = handlesOf(pidOf())
    const sockets = await openMany(100)
    const answers = sockets.map(textOf)
    for (const socket of sockets) socket.write(beginning)
    for (let nth = 0; nth < 10; nth++) {
      await expectServed()
      await sleep(100)
    }
    for (const socket of sockets) socket.write(BODY.slice(500))
    for (const answer of await Promise.all(answers)) expect(statusesIn(answer)).toEqual([422])
    await untilHandlesAreBack(pidOf(), before)
    await expectServed()
    tally({ row: 'F75', tried: 100 })
  })
})

describe('F75: requests in one go', () => {
  it('F75: a thousand pipelined ones are answered in order, one for one', async () => {
    const count = 1000
    const requests = Array.from({ length: count }, (_, nth) => head(nth % 2 === 0 ? 'GET /api/health/live' : 'GET /api/nowhere', ...nth === count - 1 ? ['Connection: close'] : []))
    const { text } = await rawExchange(stand.product.port, [requests.join('')], 20_000)
    expect(statusesIn(text)).toEqual(Array.from({ length: count }, (_, nth) => nth % 2 === 0 ? 200 : 404))
    await expectServed()
    tally({ row: 'F75', tried: count })
  })

  it('F75: pipelining by clients that never read the answers keeps nobody waiting, and leaves no memory behind', async () => {
    const memory: number[] = []
    const before = handlesOf(pidOf())
    for (let round = 0; round < 4; round++) {
      const sockets = await openMany(5)
      for (const socket of sockets) socket.pause().write(head('GET /api/openapi.json').repeat(100))
      for (let nth = 0; nth < 5; nth++) await expectServed()
      for (const socket of sockets) socket.destroy()
      await untilHandlesAreBack(pidOf(), before)
      memory.push(residentMiB(pidOf()))
    }
    console.log(`F75: pipelining without reading; MiB after each round ${memory.map(Math.round).join(', ')}`)
    expect((memory.at(-1) ?? Infinity) / (memory[0] ?? 0)).toBeLessThan(1.6)
    tally({ row: 'F75', tried: 4 * 5 * 100 })
  })
})

describe('F02: requests that are too large', () => {
  /** Sends ten of them at once; each is answered so, or cut off before the answer can be read, and one at least was read. */
  async function expectRefused(bytes: string, expected: number): Promise<void> {
    const sent = await Promise.all(Array.from({ length: 10 }, () => sendUntilAnswered(stand.product.port, bytes)))
    expect(sent.filter(({ ended }) => !ended)).toEqual([])
    const statuses = sent.flatMap(({ status }) => status ?? [])
    expect(new Set(statuses)).toEqual(new Set([expected]))
  }

  it.each([
    ['bodies of 10 MB', 413, () => {
      const body = `{"credential":"${'x'.repeat(10 * 2 ** 20)}`
      return head('PUT /api/license', 'Content-Type: application/json', `Content-Length: ${body.length}`) + body
    }],
    ['headers of 1 MB', 431, () => head('GET /api/license', `X-Long: ${'x'.repeat(2 ** 20)}`)],
    ['keys of 1 MB', 413, () => {
      const body = JSON.stringify({ credential: `nc_${'x'.repeat(2 ** 20)}` })
      return head('PUT /api/license', 'Content-Type: application/json', `Content-Length: ${body.length}`) + body
    }],
  ] as const)('F02: two hundred %s are answered %i and leave memory flat', async (what, status, bytesOf) => {
    const bytes = bytesOf()
    for (let nth = 0; nth < 5; nth++) await expectRefused(bytes, status)
    const before = residentMiB(pidOf())
    for (let nth = 0; nth < 15; nth++) await expectRefused(bytes, status)
    await expectServed()
    const after = residentMiB(pidOf())
    console.log(`F02: ${what}: MiB after fifty ${before.toFixed(0)}, after two hundred ${after.toFixed(0)}`)
    expect(after / before).toBeLessThan(1.5)
    tally({ row: 'F02', tried: 200 })
  })
})

describe('F75: bodies that go no further', () => {
  /** Seconds; Node's own request time-out, and how late it may look. */
  const [TIMEOUT, LATE] = [300, 60]

  it('F75: are dropped with 408 once the time for a request is over', async () => {
    expect(abandoned).toHaveLength(50)
    for (const { text, seconds } of await Promise.all(abandoned)) {
      expect(statusesIn(text)).toEqual([408])
      expect(seconds).toBeLessThan(TIMEOUT + LATE)
    }
    await expectServed()
    tally({ row: 'F75', tried: abandoned.length })
  })
})
