import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useLicenseStore } from '../../../../app/stores/license.ts'
import { useNow } from '../../../../app/stores/now.ts'
import { useSessionStore } from '../../../../app/stores/session.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const FACTS = ['/api/license/check-ins?days=30', '/api/license/outbound'] as const
const forbidden = { data: { code: 'FORBIDDEN', reference: 'NCL-304' } }
const conflict = { data: { code: 'CONFLICT', reference: 'NCL-308' } }

let server: ReturnType<typeof fakeServer>
beforeEach(() => {
  server = fakeServer()
  openFreshPage()
  setActivePinia(createPinia())
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const called = (path: string, method = 'GET', nth = -1) => vi.waitFor(() => server.callTo(path, method, nth))
async function answerFacts(): Promise<void> {
  (await called(FACTS[0])).answer({ days: [] });
  (await called(FACTS[1])).answer({ last: null })
}
/** Answers a save as the server does: steps, then the license. */
const eventsOf = (...events: [string, unknown][]) => events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('')
const STREAM = { 'content-type': 'text/event-stream' }

describe('a slow answer', () => {
  it.each([
    ['save', 'PUT', (store: ReturnType<typeof useLicenseStore>) => store.save('nc_key')],
    ['check-in', 'POST', (store: ReturnType<typeof useLicenseStore>) => store.checkIn()],
    ['removal', 'DELETE', (store: ReturnType<typeof useLicenseStore>) => store.remove(7)],
  ] as const)('that was asked for before a %s does not take back what came of it', async (_what, method, act) => {
    const store = useLicenseStore()
    const poll = store.refresh()
    const action = act(store)
    const path = method === 'POST' ? '/api/license/check-in' : '/api/license';
    (await called(path, method)).answer(viewOf({ revision: 8, licenseId: 'lic_new' }))
    await answerFacts()
    expect(await action).toBeNull()
    server.callTo('/api/license').answer(viewOf({ revision: 7, licenseId: 'lic_old' }))
    await poll
    expect(store.view?.licenseId).toBe('lic_new')
  })

  it('of two looks, the one asked for last counts, in whatever order they are answered', async () => {
    const store = useLicenseStore()
    const looks = [store.refresh(), store.refresh()]
    server.callTo('/api/license', 'GET', 1).answer(viewOf({ licenseId: 'second' }))
    await looks[1]
    server.callTo('/api/license', 'GET', 0).answer(viewOf({ licenseId: 'first' }))
    await looks[0]
    expect(store.view?.licenseId).toBe('second')
  })

  it('of two looks, a failure of the first does not count once the second has been answered', async () => {
    const store = useLicenseStore()
    const looks = [store.refresh(), store.refresh()]
    server.callTo('/api/license', 'GET', 1).answer(viewOf({ licenseId: 'second' }))
    await looks[1]
    server.callTo('/api/license', 'GET', 0).answer({ data: { code: 'UNAUTHENTICATED', reference: 'NCL-302' } }, 401)
    await looks[0]
    expect([store.view?.licenseId, store.loadFailure]).toEqual(['second', null])
  })

  it('sets no clock either', async () => {
    vi.useFakeTimers({ now: Date.parse('2026-03-01T12:00:00Z'), toFake: ['Date'] })
    const [store, now] = [useLicenseStore(), useNow()]
    const looks = [store.refresh(), store.refresh()]
    server.callTo('/api/license', 'GET', 1).answer(viewOf({ serverTime: '2026-03-01T12:00:05.000Z' }))
    await looks[1]
    server.callTo('/api/license', 'GET', 0).answer(viewOf({ serverTime: '2026-03-01T12:00:01.000Z' }))
    await looks[0]
    expect([now.value, store.clockOffset]).toEqual([Date.parse('2026-03-01T12:00:05Z'), 5000])
  })
})

describe.each([['right', 0], ['five days ahead', 5 * 86_400_000], ['a year behind', -365 * 86_400_000]])('a browser whose clock is %s', (_what, error) => {
  it('shows the server\'s time, and knows how far its own is off', async () => {
    const serverTime = '2026-03-01T12:00:00.000Z'
    vi.useFakeTimers({ now: Date.parse(serverTime) + error, toFake: ['Date'] })
    const [store, now] = [useLicenseStore(), useNow()]
    const look = store.refresh()
    server.callTo('/api/license').answer(viewOf({ serverTime }))
    await look
    expect([now.value, store.clockOffset]).toEqual([Date.parse(serverTime), 0 - error])
  })
})

describe('a save', () => {
  it('sends the revision that was seen, shows each step once, and is busy until the rest of the page is up to date', async () => {
    const store = useLicenseStore()
    const look = store.refresh()
    server.callTo('/api/license').answer(viewOf({ revision: 41 }))
    await look
    const saving = store.save('nc_key')
    expect(store.busy).toBe('save')
    expect(server.callTo('/api/license', 'PUT').body).toEqual({ credential: 'nc_key', revision: 41 })
    server.callTo('/api/license', 'PUT').answer(
      eventsOf(['step', { step: 'checked' }], ['step', { step: 'no such step' }], ['step', { step: 'contacted' }], ['done', viewOf({ revision: 42 })]), 200, STREAM)
    await called(FACTS[0])
    expect([store.busy, store.steps, store.view?.revision]).toEqual(['save', ['checked', 'contacted'], 42])
    await answerFacts()
    expect([await saving, store.busy, store.actionFailure]).toEqual([null, null, null])
  })

  it('that is refused says why, keeps the steps that were done, and looks again', async () => {
    const store = useLicenseStore()
    const saving = store.save('nc_key')
    server.callTo('/api/license', 'PUT').answer(eventsOf(['step', { step: 'checked' }], ['failed', conflict]), 200, STREAM);
    (await called('/api/license')).answer(viewOf({ licenseId: 'of somebody else' }))
    await answerFacts()
    const failure = await saving
    expect([failure?.code, store.actionFailure?.code, store.busy, store.steps]).toEqual(['CONFLICT', 'CONFLICT', null, ['checked']])
    expect(store.view?.licenseId).toBe('of somebody else')
  })

  describe('whose connection breaks before its end', () => {
    const LATER = { revision: 8, activatedAt: '2026-03-01T12:00:00.000Z', maskedKey: 'nc_••••••••abcd' }
    /** Begins to save and breaks; `answers` are what the license is each time it is asked for, null for no answer. */
    async function breakOff(answers: (ReturnType<typeof viewOf> | null)[]) {
      vi.useFakeTimers({ toFake: ['setTimeout'] })
      const store = useLicenseStore()
      store.view = viewOf()
      const saving = store.save('nc_key_0123456789abcd')
      server.callTo('/api/license', 'PUT').answer(eventsOf(['step', { step: 'checked' }]), 200, STREAM)
      for (const [nth, answer] of answers.entries()) {
        await vi.waitFor(async () => {
          await vi.advanceTimersToNextTimerAsync()
          server.callTo('/api/license', 'GET', nth)
        })
        if (answer) server.callTo('/api/license', 'GET', nth).answer(answer)
        else server.callTo('/api/license', 'GET', nth).fail()
      }
      await answerFacts()
      return { failure: await saving, store }
    }

    it('is a success if the license turns out to have been saved', async () => {
      const { failure, store } = await breakOff([viewOf(), null, viewOf(LATER)])
      expect([failure, store.actionFailure, store.view?.revision, store.busy]).toEqual([null, null, 8, null])
    })

    it.each([
      ['nothing has changed in the end', Array.from({ length: 6 }, () => viewOf())],
      ['somebody else has changed something, but not the license', Array.from({ length: 6 }, () => viewOf({ revision: 8 }))],
      ['somebody else has saved another license', Array.from({ length: 6 }, () => viewOf({ ...LATER, maskedKey: 'nc_••••••••wxyz' }))],
      ['the server does not answer at all', [null, null, null, null, null]],
    ])('is none if %s', async (_what, answers) => {
      const { failure, store } = await breakOff(answers)
      expect([failure?.code, store.actionFailure?.code]).toEqual(['UNREACHABLE', 'UNREACHABLE'])
    })
  })

  it('on a connection that has gone silent is told as one that failed, although nobody answers any look at it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const store = useLicenseStore()
    store.view = viewOf()
    void store.save('nc_key_0123456789abcd')
    server.callTo('/api/license', 'PUT').fail()
    await vi.advanceTimersByTimeAsync(47_499)
    expect([store.busy, store.actionFailure]).toEqual(['save', null])
    await vi.advanceTimersByTimeAsync(1)
    expect([store.busy, store.actionFailure?.code]).toEqual([null, 'UNREACHABLE'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that a firewall turned away was not carried out: it is told at once', async () => {
    const store = useLicenseStore()
    const saving = store.save('nc_key')
    server.callTo('/api/license', 'PUT').answer('<html>Request blocked</html>', 403);
    (await called('/api/license')).answer(viewOf())
    await answerFacts()
    expect(await saving).toMatchObject({ code: 'UNREACHABLE', status: 403 })
    expect(server.calls.filter(({ path, method }) => path === '/api/license' && method === 'GET')).toHaveLength(1)
  })

  it('takes back what the action before it failed with', async () => {
    const store = useLicenseStore()
    const first = store.checkIn()
    server.callTo('/api/license/check-in', 'POST').fail();
    (await called('/api/license')).answer(viewOf())
    await answerFacts()
    await first
    expect(store.actionFailure?.code).toBe('UNREACHABLE')
    void store.save('nc_key')
    expect(store.actionFailure).toBeNull()
  })
})

describe('which license an action is about', () => {
  it('is the one that was asked about, whatever has come since', () => {
    const store = useLicenseStore()
    store.view = viewOf({ revision: 9 })
    void store.remove(8)
    void store.save('nc_key', 7)
    expect(server.callTo('/api/license', 'DELETE').body).toEqual({ revision: 8 })
    expect(server.callTo('/api/license', 'PUT').body).toEqual({ credential: 'nc_key', revision: 7 })
  })

  it('of a save that nobody was asked about is the one on the screen', () => {
    const store = useLicenseStore()
    store.view = viewOf({ revision: 9 })
    void store.save('nc_key')
    expect(server.callTo('/api/license', 'PUT').body).toEqual({ credential: 'nc_key', revision: 9 })
  })
})

describe('a look that fails', () => {
  it('again, and for the same reason, is the same failure, which is told once', async () => {
    const store = useLicenseStore()
    const fail = async (code: string, requestId: string) => {
      const look = store.refresh()
      server.callTo('/api/license', 'GET', -1).answer({ data: { code, reference: 'NCL-315', requestId } }, 503)
      await look
      return store.loadFailure
    }
    const first = await fail('STORAGE_UNAVAILABLE', 'one')
    expect(first?.requestId).toBe('one')
    expect(await fail('STORAGE_UNAVAILABLE', 'two')).toBe(first)
    expect(await fail('INTERNAL', 'three')).toMatchObject({ code: 'INTERNAL', requestId: 'three' })
  })
})

describe('what the last action failed with', () => {
  it('stays on the pages that explain it, until one succeeds', async () => {
    const store = useLicenseStore()
    const refused = store.checkIn()
    server.callTo('/api/license/check-in', 'POST').answer(conflict, 409);
    (await called('/api/license')).answer(viewOf())
    await answerFacts()
    await refused
    store.actionFailure = null
    expect(store.recentFailure?.code).toBe('CONFLICT')
    const succeeds = store.checkIn()
    server.callTo('/api/license/check-in', 'POST').answer(viewOf())
    await vi.waitFor(() => expect(server.calls.filter(({ path }) => path === FACTS[0])).toHaveLength(2))
    await answerFacts()
    await succeeds
    expect(store.recentFailure).toBeNull()
  })
})

describe('a person who is no administrator any more', () => {
  it.each([
    ['save', '/api/license', 'PUT', (store: ReturnType<typeof useLicenseStore>) => store.save('nc_key')],
    ['check in', '/api/license/check-in', 'POST', (store: ReturnType<typeof useLicenseStore>) => store.checkIn()],
    ['put a license back', '/api/license/previous', 'POST', (store: ReturnType<typeof useLicenseStore>) => store.putBack()],
    ['remove', '/api/license', 'DELETE', (store: ReturnType<typeof useLicenseStore>) => store.remove(7)],
  ] as const)('is told so when trying to %s, and is a viewer on the page from then on', async (_what, path, method, act) => {
    const [store, session] = [useLicenseStore(), useSessionStore()]
    session.user = { id: '1', email: 'a@example.com', role: 'admin' }
    const action = act(store)
    server.callTo(path, method).answer(forbidden, 403);
    (await called('/api/auth/session')).answer({ user: { id: '1', email: 'a@example.com', role: 'viewer' } });
    (await called('/api/license')).answer(viewOf())
    await answerFacts()
    expect((await action)?.code).toBe('FORBIDDEN')
    expect(session.isAdmin).toBe(false)
  })
})

describe('a rehearsal', () => {
  const PATH = '/api/license/what-if'
  const OUTLOOK = { from: '2026-03-01T12:00:00.000Z', until: '2026-03-02T12:00:00.000Z', states: [] }

  it('is asked for as it is supposed, and touches neither the license nor an action', async () => {
    const store = useLicenseStore()
    const asked = store.rehearse({ clockOffsetSeconds: 60 })
    expect(store.rehearsal).toBeNull()
    const call = await called(PATH, 'POST')
    call.answer(OUTLOOK)
    await asked
    expect(store.rehearsal).toEqual({ ok: true, value: OUTLOOK })
    expect([store.view, store.busy, store.actionFailure]).toEqual([null, null, null])
  })

  it('of two, the one asked for last counts, in whatever order they are answered', async () => {
    const store = useLicenseStore()
    const both = [store.rehearse({}), store.rehearse({ clockOffsetSeconds: 60 })]
    server.callTo(PATH, 'POST', 1).answer(OUTLOOK)
    await both[1]
    server.callTo(PATH, 'POST', 0).answer(conflict, 409)
    await both[0]
    expect(store.rehearsal).toEqual({ ok: true, value: OUTLOOK })
  })
})
