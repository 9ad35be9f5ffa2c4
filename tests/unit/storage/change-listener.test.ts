import { EventEmitter, once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createChangeListener } from '../../../server/storage/change-listener.ts'

// A wait ends when the test moves its clock, never because time has passed.
vi.mock(import('node:timers/promises'), async () => import('../../support/clock-waits.ts').then(({ waitsByClock }) => waitsByClock()))

/** A client of PostgreSQL whose connection does what the test says. */
class StandIn extends EventEmitter {
  static readonly made: StandIn[] = []
  readonly asked: string[] = []
  readonly config: pg.ClientConfig
  ended = 0
  refuses: 'connect' | 'query' | undefined
  constructor(config: pg.ClientConfig) {
    super()
    this.config = config
    this.refuses = refusals.shift()
    StandIn.made.push(this)
  }

  async connect() { if (this.refuses === 'connect') throw new Error('nobody there') }
  async query(text: string) {
    this.asked.push(text)
    if (this.refuses === 'query') throw new Error('not allowed')
  }

  async end() { this.ended++ }
}
/** What the next connections refuse. */
const refusals: (StandIn['refuses'])[] = []

describe('a listener', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(pg, 'Client').mockImplementation(Object(StandIn))
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
    StandIn.made.length = refusals.length = 0
  })
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

  function listening({ passesOn = true, schema = 'public' } = {}) {
    const sent: { channel: string, payload: string }[] = []
    const through = { passesOn }
    const listener = createChangeListener({
      config: { host: 'db' }, schema,
      async notify(channel, payload) {
        sent.push({ channel, payload })
        if (through.passesOn) StandIn.made.at(-1)?.emit('notification', { channel, payload })
      },
    })
    onTestFinished(() => listener.close())
    const hear = (payload: string) => StandIn.made.at(-1)?.emit('notification', { payload })
    return { listener, sent, through, hear }
  }

  it('listens on a connection that waits for no answer longer than three seconds', async () => {
    listening()
    await pass(0)
    expect(StandIn.made.map(({ config, asked }) => [config, asked])).toEqual([
      [{ host: 'db', connectionTimeoutMillis: 3_000, query_timeout: 3_000 }, ['listen nocodb_license']],
    ])
  })

  it('is relied on once a notification of its own has come, which nobody else could send', async () => {
    const { listener, sent } = listening()
    expect(listener.mark()).toBeUndefined()
    await pass(0)
    expect(listener.mark()).toBeDefined()
    expect(sent.map(({ channel }) => channel)).toEqual(['nocodb_license'])
    expect(sent[0]?.payload).toMatch(/^proof [0-9a-f-]{36}$/)
    expect(listener.believedFor).toBe(15_000)
  })

  it('has another mark after something was written in its schema, and in no other', async () => {
    const { listener, hear } = listening({ schema: 'ours' })
    await pass(0)
    const before = listener.mark()
    hear('theirs')
    hear('proof 1')
    expect(listener.mark()).toBe(before)
    hear('ours')
    expect(listener.mark()).not.toBe(before)
  })

  it('is not relied on where notifications do not pass, and tries again after a minute', async () => {
    const { listener, through, hear } = listening({ passesOn: false })
    await pass(1_999)
    expect([listener.mark(), StandIn.made[0]?.ended]).toEqual([undefined, 0])
    hear('proof of another process')
    await pass(1)
    expect([listener.mark(), StandIn.made[0]?.ended]).toEqual([undefined, 1])
    through.passesOn = true
    await pass(59_999)
    expect(StandIn.made).toHaveLength(1)
    await pass(1)
    expect([StandIn.made.length, typeof listener.mark()]).toEqual([2, 'number'])
  })

  it.each(['error', 'end'])('connects anew two seconds after an "%s", and then has another mark: what was written meanwhile went unheard', async (event) => {
    const { listener } = listening()
    await pass(0)
    const before = listener.mark()
    StandIn.made[0]?.emit(event, new Error('reset'))
    await pass(0)
    expect([listener.mark(), StandIn.made[0]?.ended]).toEqual([undefined, 1])
    await pass(1_999)
    expect(StandIn.made).toHaveLength(1)
    await pass(1)
    expect(StandIn.made).toHaveLength(2)
    expect(listener.mark()).toBeGreaterThan(Number(before))
  })

  it('connects anew after it was told that it had missed something', async () => {
    const { listener } = listening()
    await pass(0)
    listener.missed()
    await pass(0)
    expect(listener.mark()).toBeUndefined()
    await pass(2_000)
    expect([StandIn.made.length, typeof listener.mark()]).toEqual([2, 'number'])
    listener.missed()
    await pass(2_000)
    expect(StandIn.made).toHaveLength(3)
  })

  it.each(['connect', 'query'] as const)('that is refused at "%s" lets go, and tries again after two seconds', async (step) => {
    refusals.push(step)
    const { listener } = listening()
    await pass(1_999)
    expect([listener.mark(), StandIn.made.length, StandIn.made[0]?.ended]).toEqual([undefined, 1, 1])
    await pass(1)
    expect([typeof listener.mark(), StandIn.made.length]).toEqual(['number', 2])
  })

  it.each<[string, { passesOn: boolean }, number]>([
    ['while it is relied on', { passesOn: true }, 0], ['while it waits for its proof', { passesOn: false }, 0], ['between two tries', { passesOn: false }, 10_000],
  ])('ends at once %s, once and for all', async (_when, given, after) => {
    const { listener } = listening(given)
    await pass(after)
    await listener.close()
    expect(listener.mark()).toBeUndefined()
    expect(StandIn.made[0]?.ended).toBeGreaterThan(0)
    await pass(120_000)
    expect(StandIn.made).toHaveLength(1)
  })

  it('is waited for half a second where its end hangs', async () => {
    const hung = new Promise<never>(() => {})
    const listener = createChangeListener({ config: {}, schema: 'public', notify: () => hung })
    await pass(0)
    const ended = vi.fn()
    void listener.close().then(ended)
    await pass(499)
    expect(ended).not.toHaveBeenCalled()
    await pass(1)
    expect(ended).toHaveBeenCalledOnce()
    // The connection is not left behind, though nobody has answered yet.
    expect(StandIn.made[0]?.ended).toBe(1)
  })
})

it('ends at once while it is still connecting, with the real driver', async () => {
  const connected = Promise.withResolvers<Socket>()
  const silent = createServer(socket => connected.resolve(socket.resume())).listen(0, '127.0.0.1')
  onTestFinished(() => { silent.close() })
  await once(silent, 'listening')
  const connectionString = `postgres://somebody@127.0.0.1:${Object(silent.address()).port}/license`
  const listener = createChangeListener({ config: { connectionString }, schema: 'public', notify: () => new Promise(() => {}) })
  const socket = await connected.promise
  const left = once(socket, 'close')
  await listener.close()
  expect(listener.mark()).toBeUndefined()
  await left
})
