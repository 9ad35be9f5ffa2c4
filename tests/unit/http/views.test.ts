import { describe, expect, it } from 'vitest'
import { diagnosticsViewOf, eventViewOf, sessionViewOf } from '../../../server/http/views.ts'
import type { StoredEvent } from '../../../server/license/stored-records.ts'
import { findingOf, seen } from '../../../shared/findings.ts'
import { START } from '../../support/simulated-clock.ts'

const iso = (ms: number) => new Date(ms).toISOString()
const finding = findingOf(seen('NET_CONNECT', 'refused', { host: 'license.example', port: 443, address: '192.0.2.1', user: 'svc' }), START)
const event: StoredEvent = {
  id: 7, kind: 'check_in_failed', at: START + 5, firstAt: START, count: 3, actor: 'user', actorEmail: 'ada@customer.example', address: '192.0.2.7',
  details: { code: 'NET_CONNECT', cause: 'refused', account: 'grace@customer.example' }, finding,
}

describe('an entry of the activity log', () => {
  it('is whole for an administrator', () => {
    const { at: _at, firstAt: _firstAt, ...rest } = event
    expect(eventViewOf(event, 'admin')).toEqual({ ...rest, at: iso(START + 5), firstAt: iso(START) })
  })

  it('has for a viewer no e-mail, no account, and no address, not even in what was found', () => {
    expect(eventViewOf(event, 'viewer')).toEqual({
      id: 7, kind: 'check_in_failed', at: iso(START + 5), firstAt: iso(START), count: 3, actor: 'user', actorEmail: null, address: null,
      details: { code: 'NET_CONNECT', cause: 'refused' }, finding: { ...finding, facts: { host: 'license.example', port: 443, address: '•' } },
    })
  })

  it.each(['admin', 'viewer'] as const)('about no account names none, for the role %s', (role) => {
    expect(eventViewOf({ ...event, details: { change: 'role' } }, role).details).toStrictEqual({ change: 'role' })
  })

  it.each(['admin', 'viewer'] as const)('in which nothing was found has no finding for the role %s', (role) => {
    expect(eventViewOf({ ...event, finding: null }, role).finding).toBeNull()
  })
})

it('a run of diagnostics keeps what is no text for a viewer: numbers, yes and no, and nothing', () => {
  const run = {
    ok: true, verdict: 'reachable' as const, ranAt: iso(START),
    stages: [{ stage: 'tcp' as const, result: 'ok' as const, milliseconds: 1, code: null, remedy: null, finding: null, because: null, facts: { port: 443, secure: true, address: '192.0.2.1', proxy: null } }],
  }
  expect(diagnosticsViewOf(run, 'viewer').stages[0]?.facts).toEqual({ port: 443, secure: true, address: '•', proxy: null })
  expect(diagnosticsViewOf(run, 'admin')).toBe(run)
})

it('a session is shown without what only the server needs', () => {
  const identity = { kind: 'user', id: '1', email: 'ada@customer.example', role: 'admin' as const, sessionId: 'secret' }
  expect(sessionViewOf(identity)).toEqual({ user: { id: '1', email: 'ada@customer.example', role: 'admin' } })
})
