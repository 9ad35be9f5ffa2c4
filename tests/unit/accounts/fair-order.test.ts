import { describe, expect, it } from 'vitest'
import { createFairOrder, neighbourhoodOf } from '../../../server/accounts/fair-order.ts'

function createQueue(pick: (count: number) => number = () => 0) {
  let at = 0
  const asked: number[] = []
  const order = createFairOrder(() => at, (count) => {
    asked.push(count)
    return pick(count)
  })
  const next = (...addresses: string[]) => order.nextOf(addresses.map(address => ({ address })))?.address
  const grant = (address: string) => order.add(neighbourhoodOf(address))
  return { next, grant, asked, advance: (ms: number) => void (at += ms) }
}

describe('the fair order', () => {
  it.each([
    ['192.0.2.1', '192.0'], ['192.0.77.9', '192.0'], ['192.1.2.1', '192.1'], ['2001:db8:1:2::/64', '2001.db8'], ['2001:db8:ffff:2::/64', '2001.db8'], ['unknown', 'unknown'],
  ])('%s has its neighbours in %s', (address, neighbourhood) => expect(neighbourhoodOf(address)).toBe(neighbourhood))

  it('has nobody next where nobody waits', () => expect(createQueue().next()).toBeUndefined())

  it('prefers whoever comes from where the fewest were served', () => {
    const { next, grant } = createQueue()
    grant('10.1.0.1')
    expect(next('10.1.0.2', '10.2.0.1')).toBe('10.2.0.1')
    grant('10.2.0.1')
    grant('10.2.0.1')
    expect(next('10.2.0.1', '10.1.0.2')).toBe('10.1.0.2')
  })

  it('lets chance decide among neighbourhoods that are alike, and among those alone', () => {
    const { next, grant, asked } = createQueue(count => count - 1)
    grant('10.9.0.1')
    expect(next('10.1.0.1', '10.9.0.2', '10.2.0.1', '10.1.0.2')).toBe('10.2.0.1')
    expect(asked).toEqual([2])
  })

  it('alternates between the oldest and the newest of one neighbourhood', () => {
    const { next, grant } = createQueue()
    const crowd = ['10.1.0.1', '10.1.0.2', '10.1.0.3']
    const served: (string | undefined)[] = []
    for (let nth = 0; nth < 4; nth++) {
      served.push(next(...crowd))
      grant('10.1.0.9')
    }
    expect(served).toEqual(['10.1.0.1', '10.1.0.3', '10.1.0.1', '10.1.0.3'])
  })

  it('forgets a grant after five seconds, each by itself', () => {
    const { next, grant, advance } = createQueue()
    grant('10.1.0.1')
    advance(1)
    grant('10.1.0.1')
    grant('10.2.0.1')
    advance(4_998)
    expect(next('10.1.0.2', '10.2.0.2')).toBe('10.2.0.2')
    advance(1)
    // One grant each by now: the first of those that wait, by the choice of this test.
    expect(next('10.1.0.2', '10.2.0.2')).toBe('10.1.0.2')
    advance(1)
    grant('10.1.0.1')
    expect(next('10.1.0.2', '10.2.0.2')).toBe('10.2.0.2')
  })
})
