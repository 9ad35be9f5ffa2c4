import { describe, expect, it } from 'vitest'
import { createReplicaWatch, disagreementsOf } from '../../../server/runtime/replica-watch.ts'
import type { Replica, Replicas } from '../../../server/storage/open.ts'

const replicaOf = (id: string, changes: Partial<Replica> = {}): Replica =>
  ({ id, version: '1.0.0', commit: 'abc', started: 0, state: 'active', revision: 3, keyDigest: null, ...changes })

describe('what replicas disagree about', () => {
  it.each<[string, Partial<Replica>, string[]]>([
    ['nothing', {}, []], ['the version', { version: '1.1.0' }, ['version']], ['the commit', { commit: 'def' }, ['commit']],
    ['NC_LICENSE_KEY, of which one has none', { keyDigest: 'digest' }, ['NC_LICENSE_KEY']], ['the state', { state: 'grace' }, ['state']],
    ['nothing, while one has yet to read the newest revision', { state: 'grace', revision: 2 }, []],
  ])('%s', (_, changes, about) => {
    expect(disagreementsOf([replicaOf('a'), replicaOf('b', changes), replicaOf('c')])).toEqual(about)
  })
})

/** A watch of one replica; what the others tell can be changed. */
function scene() {
  const others: Replica[] = []
  const told: Replica[] = []
  const lines: string[] = []
  let me = replicaOf('me')
  const replicas: Replicas = {
    async tell(replica) {
      told.push(replica)
      return { now: 9, seen: seen() }
    },
    seenWithin: async () => seen(),
    leave: async () => undefined,
  }
  const seen = () => [replicaOf('me'), ...others].map(each => ({ ...each, seenAt: 9 }))
  const line = (level: string) => (message: string, fields: Record<string, unknown> = {}) => void lines.push(`${level} ${message.split(':')[0]} ${String(fields.about ?? '')}`.trim())
  const watch = createReplicaWatch({
    replicas, holder: async () => 'other', self: () => me, log: { info: line('info'), warn: line('warn') },
  })
  const change = (changes: Partial<Replica>) => { me = replicaOf('me', changes) }
  return { others, told, lines, watch, change }
}

describe('a replica', () => {
  it('tells the others of itself, and says once what they disagree about, and once that it is over', async () => {
    const { others, told, lines, watch } = scene()
    expect(await watch.look()).toBe(9)
    others.push(replicaOf('other', { version: '2.0.0' }))
    await watch.look()
    await watch.look()
    others.length = 0
    await watch.look()
    expect(told).toHaveLength(4)
    expect(lines).toEqual(['warn replicas disagree version', 'info replicas agree again'])
  })

  it('says nothing of a state that one of them knew a moment earlier', async () => {
    const { others, lines, watch } = scene()
    others.push(replicaOf('other', { state: 'grace' }))
    await watch.look()
    expect(lines).toEqual([])
    await watch.look()
    expect(lines).toEqual(['warn replicas disagree state'])
  })

  it('tells what it is each time, and knows of itself what it has not told yet', async () => {
    const { told, watch, change } = scene()
    await watch.look()
    change({ state: 'grace', revision: 4 })
    expect((await watch.seen()).map(({ state, revision }) => [state, revision])).toEqual([['grace', 4]])
    await watch.look()
    expect(told.map(({ state, revision }) => [state, revision])).toEqual([['active', 3], ['grace', 4]])
  })

  it('knows who makes a call', async () => {
    const { others, watch } = scene()
    others.push(replicaOf('other'))
    expect((await watch.seen()).map(({ id, holdsClaim }) => [id, holdsClaim])).toEqual([['me', false], ['other', true]])
  })

  it.each<[string, (answer: PromiseWithResolvers<number>) => void]>([
    ['arrives', answer => answer.resolve(9)], ['fails', answer => answer.reject(new Error('broken off'))],
  ])(
    'leaves only once what it is still telling %s, which would bring it back', async (_, end) => {
      const answers = [Promise.withResolvers<number>(), Promise.withResolvers<number>()] as const
      const order: string[] = []
      const replicas: Replicas = {
        async tell() {
          const nth = order.push('tells') - 1
          const now = await answers[nth === 0 ? 0 : 1].promise.finally(() => order.push('told'))
          return { now, seen: [] }
        },
        seenWithin: async () => [],
        leave: async () => void order.push('left'),
      }
      const watch = createReplicaWatch({ replicas, holder: async () => null, self: () => replicaOf('me'), log: { info() {}, warn() {} } })
      const looks = Promise.allSettled([watch.look(), watch.look()])
      const leaving = watch.leave()
      // The later of the two comes first.
      for (const answer of [answers[1], answers[0]]) {
        await new Promise(resolve => setImmediate(resolve))
        expect(order).not.toContain('left')
        end(answer)
      }
      await leaving
      expect(order).toEqual(['tells', 'tells', 'told', 'told', 'left'])
      await looks
    })

  it('is alone where nobody shares the database', async () => {
    const watch = createReplicaWatch({ ...scene(), replicas: null, holder: async () => null, self: () => replicaOf('me'), log: { info() {}, warn() {} } })
    expect(await watch.look()).toBe(null)
    expect(await watch.seen()).toEqual([])
  })
})
