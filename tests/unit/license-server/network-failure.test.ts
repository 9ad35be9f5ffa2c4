import { describe, expect, it } from 'vitest'
import { causesOf, codesOf, NetworkFailure, orAborted } from '../../../server/license-server/network-failure.ts'
import { seen } from '../../../shared/findings.ts'

const coded = (code: unknown, cause?: unknown) => Object.assign(new Error('a text', { cause }), { code })
const wrapped = (error: unknown, depth: number): unknown => depth === 0 ? error : wrapped(new Error('outer', { cause: error }), depth - 1)

describe('a failure of the network', () => {
  it('holds what was seen and what was thrown', () => {
    const [what, thrown] = [seen('NET_DNS', 'dns_silent', { host: 'license.example' }), coded('EAI_AGAIN')]
    expect(new NetworkFailure(what, thrown)).toMatchObject({ name: 'NetworkFailure', message: 'dns_silent', seen: what, cause: thrown })
  })
})

describe('the codes of what was thrown', () => {
  it.each<[string, unknown, string[]]>([
    ['its own', coded('ECONNRESET'), ['ECONNRESET']], ['those further down, outermost first', wrapped(coded('A', coded('B')), 2), ['A', 'B']],
    ['those that stand side by side, too', coded('A', new AggregateError([new Error('v6'), coded('B'), 'no error', coded('C')])), ['A', 'B', 'C']],
    ['none that is a number: that is what an aborted signal has', new DOMException('a text', 'TimeoutError'), []], ['no other either', coded(-104), []],
    ['none where there is none', new Error('bare'), []], ['none of a text', 'a text', []], ['none of nothing', undefined, []], ['none of null', null, []],
    ['none of an object that only looks like an error', { code: 'A' }, []],
  ])('are %s', (_what, error, codes) => {
    expect(codesOf(error)).toEqual(codes)
  })

  it('are looked for so far and no further', () => {
    const turning = coded('A')
    turning.cause = turning
    expect(codesOf(turning)).toEqual(Array(8).fill('A'))
    expect(codesOf(wrapped(coded('B'), 7))).toEqual(['B'])
    expect(codesOf(wrapped(coded('B'), 8))).toEqual([])
  })

  it('belong to errors that can be had as well', () => {
    const inner = coded('B')
    const outer = new AggregateError([inner], 'a text')
    expect(causesOf(wrapped(outer, 1)).slice(1)).toEqual([outer, inner])
  })
})

describe('what may be aborted', () => {
  const { signal } = new AbortController()

  it('ends like the work if that ends first', async () => {
    expect(await orAborted(signal, Promise.resolve(7))).toBe(7)
    const error = new Error('a text')
    await expect(orAborted(signal, Promise.reject(error))).rejects.toBe(error)
  })

  it('ends with the reason as soon as there is one, before or after', async () => {
    const reason = new Error('the reason')
    const stop = new AbortController()
    const waiting = orAborted(stop.signal, new Promise(() => undefined))
    stop.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(orAborted(stop.signal, new Promise(() => undefined))).rejects.toBe(reason)
    await expect(orAborted(AbortSignal.abort(reason), Promise.resolve(7))).rejects.toBe(reason)
  })

  it('leaves nothing waiting for a signal that comes no more', async () => {
    const [added, removed] = [[] as string[], [] as string[]]
    const signal: AbortSignal = Object({
      aborted: false, addEventListener: (name: string) => added.push(name), removeEventListener: (name: string) => removed.push(name),
    })
    await orAborted(signal, Promise.resolve(7))
    await expect.poll(() => removed).toEqual(added)
    expect(added).toEqual(['abort'])
  })
})
