import { describe, expect, it, vi } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { createRateLimits } from '../../../server/http/rate-limits.ts'
import { createForwardedHint, peerOf } from '../../../server/http/peer.ts'
import { createHttpEvent } from '../../support/http-event.ts'

function networkOf(address: string): string {
  return peerOf(createHttpEvent({ from: '127.0.0.1', headers: { 'x-forwarded-for': address } }), { trustProxy: ['127.0.0.1'], publicUrl: null }).network
}

describe('F82: what limits go by', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'], ['::ffff:192.0.2.1', '192.0.2.1'], ['[::ffff:c000:201]:443', '192.0.2.1'], ['192.0.2.1:51234', '192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'], ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'], ['[2001:db8:1:2::1]:443', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'], ['::1', '0:0:0:0::/64'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it('10,000 addresses of one /64 are one, with five tries at an account', async () => {
    const limits = createRateLimits()
    const refused = (error: unknown) => {
      expect(error).toBeInstanceOf(LicenseError)
      return 'refused'
    }
    const outcomes = []
    for (let nth = 0; nth < 10_000; nth++) {
      const network = networkOf(`2001:db8:1:2:${nth.toString(16)}:${(nth * 31 % 65_536).toString(16)}::1`)
      outcomes.push(await limits.use('login', JSON.stringify(['admin@example.com', network])).then(() => 'judged', refused))
    }
    expect(outcomes.filter(outcome => outcome === 'judged')).toHaveLength(5)
    await limits.use('login', JSON.stringify(['admin@example.com', networkOf('2001:db8:1:3::1')]))
  })
})

const requestFrom = (from: string, forwardedFor?: string) =>
  createHttpEvent({ from, headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor } })
const log = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() })

describe('F82: a proxy that NC_TRUST_PROXY does not name', () => {
  it.each<[string, string[]]>([['none', []], ['another', ['10.0.0.1']]])('is told once, with its address, where %s is named', (_, trusted) => {
    const [hint, told] = [createForwardedHint(), log()]
    hint(requestFrom('172.18.0.2'), trusted, told)
    expect(told.warn).not.toHaveBeenCalled()
    for (let request = 0; request < 3; request++) hint(requestFrom('172.18.0.2', '192.0.2.1'), trusted, told)
    expect(told.warn.mock.calls).toEqual([[expect.stringContaining('NC_TRUST_PROXY'), { address: '172.18.0.2' }]])
  })

  it('is not told of one that is named', () => {
    const [hint, told] = [createForwardedHint(), log()]
    hint(requestFrom('::ffff:172.18.0.2', '192.0.2.1'), ['172.18.0.0/16'], told)
    expect(told.warn).not.toHaveBeenCalled()
  })
})
