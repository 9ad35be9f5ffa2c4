import { describe, expect, it } from 'vitest'
import { PROTOCOL, REFUSAL_CODES, errorSchema } from '../../../server/license-server/protocol.ts'

const of = (length: number) => 'x'.repeat(length)
const kids = (count: number, length = 1) => Array.from({ length: count }, () => of(length))
const activate = { license_key: of(8), instance_id: 'a', nonce: of(16), version: '1', kids: [] }
const checkIn = { lease: 'a', nonce: of(16), version: '1', kids: ['k'], seats_used: null }

const holds = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) => schema.safeParse(value).success

describe('the protocol', () => {
  it('names its calls', () => {
    expect(Object.entries(PROTOCOL).map(([name, { method, path }]) => `${name} ${method} ${path}`)).toEqual([
      'activate POST /api/v1/licenses/activate', 'checkIn POST /api/v1/licenses/check-in', 'renew POST /api/v1/licenses/renew',
      'deactivate POST /api/v1/licenses/deactivate', 'ping GET /api/v1/ping',
    ])
    expect(REFUSAL_CODES).toHaveLength(8)
  })

  it.each([
    ['license_key', of(8), of(7)], ['license_key', of(256), of(257)], ['instance_id', 'a', ''], ['instance_id', of(256), of(257)],
    ['nonce', of(16), of(15)], ['nonce', of(256), of(257)], ['version', '1', ''], ['version', of(64), of(65)],
    ['kids', [], ['']], ['kids', kids(100), kids(101)], ['kids', kids(1, 256), kids(1, 257)],
  ])('an activation has a %s of the right size', (name, good, bad) => {
    expect(holds(PROTOCOL.activate.request, { ...activate, [name]: good })).toBe(true)
    expect(holds(PROTOCOL.activate.request, { ...activate, [name]: bad })).toBe(false)
  })

  it.each([
    ['seats_used', 0, -1], ['seats_used', null, undefined], ['seats_used', 5, 5.5], ['lease', 'a', ''], ['lease', of(32_768), of(32_769)], ['nonce', of(16), of(15)],
  ])('a check-in has %s as it should be', (name, good, bad) => {
    expect(holds(PROTOCOL.checkIn.request, { ...checkIn, [name]: good })).toBe(true)
    expect(holds(PROTOCOL.checkIn.request, { ...checkIn, [name]: bad })).toBe(false)
  })

  it.each(['lease', 'nonce', 'version', 'kids'] as const)('a renewal needs its %s', (name) => {
    expect(holds(PROTOCOL.renew.request, checkIn)).toBe(true)
    expect(holds(PROTOCOL.renew.request, { ...checkIn, [name]: undefined })).toBe(false)
  })

  it.each(['lease', 'nonce'] as const)('a deactivation needs its %s', (name) => {
    expect(holds(PROTOCOL.deactivate.request, checkIn)).toBe(true)
    expect(holds(PROTOCOL.deactivate.request, { ...checkIn, [name]: undefined })).toBe(false)
  })

  it('an activation is answered by a lease and a secret', () => {
    const { response } = PROTOCOL.activate
    for (const length of [16, 1024]) expect(holds(response, { lease: 'a', secret: of(length) })).toBe(true)
    for (const length of [15, 1025]) expect(holds(response, { lease: 'a', secret: of(length) })).toBe(false)
    for (const answer of [{ secret: of(16) }, { lease: '', secret: of(16) }, { lease: 'a' }, null, []]) expect(holds(response, answer)).toBe(false)
  })

  it.each(['checkIn', 'renew'] as const)('a %s is answered by a lease or a verdict', (name) => {
    const { response } = PROTOCOL[name]
    expect(response.parse({ lease: 'a', more: 1 })).toEqual({ lease: 'a' })
    expect(response.parse({ verdict: 'a', more: 1 })).toEqual({ verdict: 'a' })
    for (const answer of [{}, { lease: '' }, { verdict: '' }, { verdict: 1 }, null]) expect(holds(response, answer)).toBe(false)
  })

  it('a deactivation is answered by an object', () => {
    expect(PROTOCOL.deactivate.response.parse({ more: 1 })).toEqual({})
    expect(holds(PROTOCOL.deactivate.response, 'ok')).toBe(false)
  })

  it('a ping is answered by ok and a time', () => {
    const { request, response } = PROTOCOL.ping
    expect(holds(request, undefined)).toBe(true)
    expect(holds(request, {})).toBe(false)
    for (const time of [1_772_366_400, '2026-03-01T12:00:00Z']) expect(holds(response, { ok: true, time })).toBe(true)
    for (const answer of [{ ok: false, time: 1 }, { ok: true }, { ok: true, time: null }, { time: 1 }]) expect(holds(response, answer)).toBe(false)
  })

  it('a refusal has a known code and a text', () => {
    for (const code of REFUSAL_CODES) expect(errorSchema.parse({ error: { code, message: '', more: 1 } })).toEqual({ error: { code, message: '' } })
    for (const answer of [{ error: { code: 'mood', message: '' } }, { error: { code: 'revoked' } }, { code: 'revoked', message: '' }, {}]) expect(holds(errorSchema, answer)).toBe(false)
  })
})
