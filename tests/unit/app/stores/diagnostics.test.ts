import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useDiagnosticsStore } from '../../../../app/stores/diagnostics.ts'
import { useSessionStore } from '../../../../app/stores/session.ts'
import type { Diagnostics, DiagnosticStage, ReplicasView } from '../../../../shared/contracts.ts'
import { DIAGNOSTIC_VERDICTS } from '../../../../shared/contracts.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { found } from '../../../support/app/findings.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const PATH = '/api/license/diagnostics'
const STREAM = { 'content-type': 'text/event-stream' }
const eventsOf = (...events: [string, unknown][]) => events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('')

const stageOf = (stage: DiagnosticStage['stage'], changes: Partial<DiagnosticStage> = {}): DiagnosticStage => (
  { stage, result: 'ok', milliseconds: 1, code: null, remedy: null, finding: null, because: null, facts: {}, ...changes })
const STORAGE = stageOf('storage', { facts: { location: '/data/license.db' } })
const TCP = stageOf('tcp', { result: 'failed', code: 'NET_CONNECT', finding: found('refused', { host: 'h', port: 443 }) })
const resultOf = (changes: Partial<Diagnostics> = {}): Diagnostics => (
  { ok: false, verdict: 'problem', ranAt: '2026-11-26T14:03:00.000Z', stages: [STORAGE, TCP], ...changes })
const EARLIER = resultOf({ ok: true, verdict: 'nothing_tested', ranAt: '2026-11-25T09:00:00.000Z', stages: [STORAGE] })

let server: ReturnType<typeof fakeServer>
beforeEach(() => {
  server = fakeServer()
  openFreshPage()
  setActivePinia(createPinia())
})
afterEach(() => vi.unstubAllGlobals())

const shownBy = ({ verdict, ranAt, stages }: ReturnType<typeof useDiagnosticsStore>) => ({ verdict, ranAt, stages })
const shownOf = ({ verdict, ranAt, stages }: Diagnostics) => ({ verdict, ranAt, stages })
const NOTHING = { verdict: null, ranAt: null, stages: [] }

async function loadLast(last: Diagnostics | null) {
  const store = useDiagnosticsStore()
  const loading = store.loadLast()
  server.callTo(PATH).answer({ last })
  await loading
  return store
}

/** A run whose answer is a stream that the test writes to. */
function openRun(store: ReturnType<typeof useDiagnosticsStore>) {
  let write = (_text: string) => {}
  const body = new ReadableStream<Uint8Array>({ start: (controller) => { write = text => controller.enqueue(new TextEncoder().encode(text)) } })
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { headers: STREAM })))
  return { running: store.run(), tell: (...events: [string, unknown][]) => write(eventsOf(...events)) }
}

describe('a run', () => {
  it.each(DIAGNOSTIC_VERDICTS)('ends with what the server concluded, %s, whatever its stages', async (verdict) => {
    const store = useDiagnosticsStore()
    const running = store.run()
    server.callTo(PATH, 'POST').answer(eventsOf(['stage', STORAGE], ['stage', TCP], ['done', resultOf({ verdict })]), 200, STREAM)
    await running
    expect(shownBy(store)).toEqual(shownOf(resultOf({ verdict })))
    expect([store.running, store.failure]).toEqual([false, null])
  })

  it('shows each stage as it is done, without a verdict before the end, and what is no stage not at all', async () => {
    const store = useDiagnosticsStore()
    const { running, tell } = openRun(store)
    tell(['stage', STORAGE], ['stage', { ...TCP, stage: 'no such stage' }], ['stage', { ...TCP, facts: null }], ['stage', { stage: 'tcp', facts: {} }])
    await vi.waitFor(() => expect(store.stages).toEqual([STORAGE]))
    tell(['other', TCP], ['stage', TCP])
    await vi.waitFor(() => expect(store.stages).toEqual([STORAGE, TCP]))
    expect([store.running, store.verdict, store.ranAt]).toEqual([true, null, null])
    tell(['done', resultOf()])
    await running
    expect([store.running, store.verdict]).toEqual([false, 'problem'])
  })

  it('takes back what the one before it found', async () => {
    const store = await loadLast(EARLIER)
    const running = store.run()
    expect([store.running, store.verdict, store.stages]).toEqual([true, null, []])
    server.callTo(PATH, 'POST').fail()
    await running
    expect([store.running, store.verdict, store.failure?.code]).toEqual([false, null, 'UNREACHABLE'])
    const again = store.run()
    expect(store.failure).toBeNull()
    server.callTo(PATH, 'POST').answer(eventsOf(['done', resultOf()]), 200, STREAM)
    await again
  })

  it('whose connection breaks before its end has no verdict, and keeps the stages that were done', async () => {
    const store = useDiagnosticsStore()
    const running = store.run()
    server.callTo(PATH, 'POST').answer(eventsOf(['stage', STORAGE]), 200, STREAM)
    await running
    expect(shownBy(store)).toEqual({ verdict: null, ranAt: null, stages: [STORAGE] })
    expect(store.failure?.code).toBe('UNREACHABLE')
  })

  it('that somebody may not start any more makes them a viewer on the page', async () => {
    const [store, session] = [useDiagnosticsStore(), useSessionStore()]
    session.user = { id: '1', email: 'a@example.com', role: 'admin' }
    const running = store.run()
    server.callTo(PATH, 'POST').answer({ data: { code: 'FORBIDDEN', reference: 'NCL-304' } }, 403)
    await vi.waitFor(() => server.callTo('/api/auth/session').answer({ user: { id: '1', email: 'a@example.com', role: 'viewer' } }))
    await running
    expect([store.failure?.code, session.isAdmin]).toEqual(['FORBIDDEN', false])
  })
})

describe('the last run that anybody made', () => {
  it('is shown as if it were one\'s own', async () => {
    const store = await loadLast(EARLIER)
    expect(shownBy(store)).toEqual(shownOf(EARLIER))
    expect([store.running, store.failure]).toEqual([false, null])
  })

  it('is nothing where there was none, or where it cannot be loaded', async () => {
    expect(shownBy(await loadLast(null))).toEqual(NOTHING)
    const store = useDiagnosticsStore()
    const loading = store.loadLast()
    server.callTo(PATH).fail()
    await loading
    expect(shownBy(store)).toEqual(NOTHING)
    expect(store.failure).toBeNull()
  })

  it('is not asked for while one is shown', async () => {
    const store = await loadLast(EARLIER)
    await store.loadLast()
    expect(server.calls).toHaveLength(1)
  })

  it('is not asked for while one is running', async () => {
    const store = useDiagnosticsStore()
    const { running, tell } = openRun(store)
    await store.loadLast()
    expect(server.calls).toEqual([])
    tell(['done', resultOf()])
    await running
    expect(store.verdict).toBe('problem')
  })

  it('does not take the place of one that was made while it was on its way', async () => {
    const store = useDiagnosticsStore()
    const [loading, running] = [store.loadLast(), store.run()]
    server.callTo(PATH, 'POST').answer(eventsOf(['done', resultOf()]), 200, STREAM)
    await running
    server.callTo(PATH).answer({ last: EARLIER })
    await loading
    expect(shownBy(store)).toEqual(shownOf(resultOf()))
  })
})

describe('the replicas', () => {
  const REPLICAS: ReplicasView = { asOf: EARLIER.ranAt, answeredBy: 'a', seen: [], disagreeAbout: ['version', 'commit'], remedy: 'Upgrade.' }

  async function load(answer: object) {
    const store = useDiagnosticsStore()
    const loading = store.loadReplicas()
    server.callTo(PATH).answer(answer)
    await loading
    return store
  }

  it('come with the last run, which they do not bring to the page', async () => {
    const store = await load({ last: EARLIER, replicas: REPLICAS })
    expect([store.replicas, store.disagreeAbout]).toEqual([REPLICAS, ['version', 'commit']])
    expect(shownBy(store)).toEqual(NOTHING)
  })

  it('are none any more once only one is left, and stay while nobody answers', async () => {
    const store = await load({ last: null, replicas: REPLICAS })
    const loading = store.loadReplicas()
    server.callTo(PATH).fail()
    await loading
    expect(store.replicas).toEqual(REPLICAS)
    await load({ last: null })
    expect([store.replicas, store.disagreeAbout]).toEqual([null, []])
  })

  it('come with a run too', async () => {
    const store = useDiagnosticsStore()
    const running = store.run()
    server.callTo(PATH, 'POST').answer(eventsOf(['done', { ...resultOf(), replicas: REPLICAS }]), 200, STREAM)
    await running
    expect(store.replicas).toEqual(REPLICAS)
  })
})
