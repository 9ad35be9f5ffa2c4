import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useActivityStore } from '../../../../app/stores/activity.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const ALL = '/api/license/events?limit=50'
const VERDICTS = `${ALL}&kind=verdict`
const pageOf = (ids: number[], nextBefore: number | null = null) => ({ events: ids.map(id => ({ id })), nextBefore })
const idsIn = (store: ReturnType<typeof useActivityStore>) => store.events.map(({ id }) => id)

let server: ReturnType<typeof fakeServer>
beforeEach(() => {
  server = fakeServer()
  openFreshPage()
  setActivePinia(createPinia())
})
afterEach(() => vi.unstubAllGlobals())

it('a page of another kind that comes late is not shown under the kind that was chosen since', async () => {
  const store = useActivityStore()
  const [first, second] = [store.load(null), store.load('verdict')]
  server.callTo(VERDICTS).answer(pageOf([3]))
  await second
  server.callTo(ALL).answer(pageOf([1, 2, 3]))
  await first
  expect([store.kind, idsIn(store), store.loading]).toEqual(['verdict', [3], false])
})

it('more of what is shown is added below it, once, and says where it begins', async () => {
  const store = useActivityStore()
  const loading = store.load(null)
  server.callTo(ALL).answer(pageOf([9, 8], 8))
  await loading
  const [more, again] = [store.loadMore(), store.loadMore()]
  const path = '/api/license/events?limit=50&before=8'
  expect(server.calls.filter(call => call.path === path)).toHaveLength(1)
  server.callTo(path).answer(pageOf([7, 6]))
  expect([await more, await again, idsIn(store)]).toEqual([2, null, [9, 8, 7, 6]])
  expect(await store.loadMore()).toBeNull()
})

it('a further page of the kind before is dropped', async () => {
  const store = useActivityStore()
  const loading = store.load(null)
  server.callTo(ALL).answer(pageOf([9], 9))
  await loading
  const [more, other] = [store.loadMore(), store.load('verdict')]
  server.callTo(VERDICTS).answer(pageOf([4]))
  await other
  server.callTo('/api/license/events?limit=50&before=9').answer(pageOf([8]))
  expect([await more, idsIn(store)]).toEqual([null, [4]])
})

it('what cannot be loaded leaves nothing of another kind, and what is there of the same', async () => {
  const store = useActivityStore()
  const loading = store.load(null)
  server.callTo(ALL).answer(pageOf([9], 9))
  await loading
  const again = store.load(null)
  server.callTo(ALL).fail()
  await again
  expect([idsIn(store), store.nextBefore, store.failure?.code]).toEqual([[9], 9, 'UNREACHABLE'])
  const other = store.load('verdict')
  server.callTo(VERDICTS).fail()
  await other
  expect([idsIn(store), store.nextBefore]).toEqual([[], null])
})

it('it is loading until what was asked for last is here, whatever comes before', async () => {
  const store = useActivityStore()
  const [first, second] = [store.load(null), store.load('verdict')]
  server.callTo(ALL).answer(pageOf([1]))
  await first
  expect([store.loading, idsIn(store)]).toEqual([true, []])
  server.callTo(VERDICTS).answer(pageOf([3]))
  await second
  expect([store.loading, idsIn(store)]).toEqual([false, [3]])
})
