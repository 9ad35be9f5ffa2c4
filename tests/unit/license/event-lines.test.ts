import { describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { fieldsOf, withEventLines } from '../../../server/license/event-lines.ts'
import type { Actor } from '../../../server/license/events.ts'
import { eventOf } from '../../../server/license/events.ts'
import type { NewEvent } from '../../../server/license/stored-records.ts'
import { EVENT_KINDS } from '../../../shared/contracts.ts'
import { findingOf, seen } from '../../../shared/findings.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import type { LogLine } from '../../support/world.ts'

const ACTOR: Actor = { kind: 'user', email: 'admin@customer.example', address: '192.0.2.7' }

function recorder() {
  const lines: LogLine[] = []
  const at = (level: LogLine['level']) => (message: string, fields: Record<string, unknown> = {}) => { lines.push({ level, message, fields }) }
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } }
}

describe('an entry of the activity log', () => {
  it.each(EVENT_KINDS)('%s leaves exactly one line, without the e-mail of anybody', async (kind) => {
    const { lines, log } = recorder()
    const store = withEventLines(createMemoryStore(), log)
    await store.appendEvent(eventOf(kind, 0, ACTOR, { account: 'someone@customer.example', to: 'active' }, { maskedKey: 'nc_••••' }))
    expect(lines).toHaveLength(1)
    expect(lines[0]?.fields).toMatchObject({ actor: 'user', address: '192.0.2.7', maskedKey: 'nc_••••' })
    expect(JSON.stringify(lines)).not.toContain('@')
    expect(JSON.stringify(await store.listEvents({ limit: 9 }))).not.toContain('maskedKey')
  })

  it.each<[NewEvent['kind'], NewEvent['details'], NewEvent['log'], LogLine['level'], string]>([
    ['activated', {}, {}, 'info', 'license activated'], ['activated', {}, { replaces: 'lic_1' }, 'info', 'license replaced'],
    ['put_back', {}, {}, 'info', 'previous license put back'], ['renewed', {}, {}, 'info', 'license renewed'],
    ['removed', {}, {}, 'info', 'license removed'], ['check_in_succeeded', {}, {}, 'info', 'check-in succeeded'],
    ['check_in_failed', {}, {}, 'warn', 'check-in failed'], ['verdict', {}, {}, 'warn', 'the license server sent a verdict'],
    ['vendor_told', { result: 'told' }, {}, 'info', 'the license server was told of a removed license'],
    ['vendor_told', { result: 'given_up' }, {}, 'warn', 'the license server could not be told of a removed license'],
    ['account_created', {}, {}, 'info', 'account created'], ['account_changed', {}, {}, 'info', 'account changed'],
    ['account_removed', {}, {}, 'info', 'account removed'],
  ])('%s with %o and %o has a line of its own', async (kind, details, logged, level, message) => {
    const { lines, log } = recorder()
    await withEventLines(createMemoryStore(), log).appendEvent(eventOf(kind, 0, { kind: 'environment' }, details, logged))
    expect(lines).toEqual([{ level, message, fields: { ...details, ...logged, actor: 'environment' } }])
  })

  it('has a line where nothing is logged besides', async () => {
    const { lines, log } = recorder()
    const { log: _, ...bare } = eventOf('activated', 0, { kind: 'system' })
    await withEventLines(createMemoryStore(), log).appendEvent(bare)
    expect(lines).toEqual([{ level: 'info', message: 'license activated', fields: {} }])
  })

  it.each([['grace', 'warn'], ['paused', 'warn'], ['expired', 'warn'], ['revoked', 'warn'], ['invalid', 'warn'], ['active', 'info']])(
    'of a state that becomes %s is a line at %s', async (to, level) => {
      const { lines, log } = recorder()
      await withEventLines(createMemoryStore(), log).appendEvent(eventOf('state_changed', 0, { kind: 'system' }, { to }))
      expect(lines).toEqual([{ level, message: 'license state changed', fields: { to } }])
    })

  it('that holds what was found is told with its code, reference, cause and facts, each under its own name', async () => {
    const { lines, log } = recorder()
    const finding = findingOf(seen('NET_CONNECT', 'dropped', { host: 'license.example', port: 443, seconds: 5 }), 7)
    const event = eventOf('check_in_failed', 7, { kind: 'system' }, { code: 'NET_CONNECT', cause: 'dropped' }, { error: 'ETIMEDOUT' }, finding)
    await withEventLines(createMemoryStore(), log).appendEvent(event)
    expect(lines).toEqual([{
      level: 'warn', message: 'check-in failed',
      fields: {
        code: 'NET_CONNECT', reference: 'NCL-202', cause: 'dropped', stage: 'tcp', host: 'license.example', port: 443, seconds: 5, error: 'ETIMEDOUT',
      },
    }])
  })

  it('tells the address that was connected to apart from that of whoever asked', async () => {
    const { lines, log } = recorder()
    const finding = findingOf(seen('SERVER_REFUSED', 'refused_expired', { host: 'license.example', address: '203.0.113.9' }), 7)
    await withEventLines(createMemoryStore(), log).appendEvent(eventOf('check_in_failed', 7, ACTOR, {}, {}, finding))
    expect(lines[0]?.fields).toMatchObject({ host: 'license.example', serverAddress: '203.0.113.9', address: '192.0.2.7' })
  })

  const event = eventOf('check_in_failed', 0, { kind: 'system' }, { code: 'NET_DNS' })

  it('is told wherever the store takes it: by itself, or as a member', async () => {
    const { lines, log } = recorder()
    const takes = withEventLines({ any: async (..._args: unknown[]) => 'written' }, log, first => ({ account: first }))
    await takes.any('id', event)
    await takes.any({ event })
    await takes.any('id', { role: 'admin' }, event, 'session')
    for (const other of [{ other: true }, null, { event: null }, { ...event, kind: 'of_a_later_version' }, 'check_in_failed']) await takes.any(other)
    expect(lines).toHaveLength(3)
    expect(lines[0]?.fields).toEqual({ code: 'NET_DNS', account: 'id' })
  })

  it('that was not written leaves no line', async () => {
    const { lines, log } = recorder()
    const store = withEventLines({ stale: async (_event: NewEvent) => 'stale' as const }, log)
    expect(await store.stale(event)).toBe('stale')
    expect(lines).toEqual([])
  })

  const MADE_ALL_THE_SAME = ['renewed', 'check_in_succeeded', 'check_in_failed', 'verdict']
  it.each(EVENT_KINDS)('%s that could not be recorded is told only if an attempt was made all the same', async (kind) => {
    const { lines, log } = recorder()
    const store = withEventLines({ away: async (_input: { event: NewEvent }) => Promise.reject(new LicenseError('STORAGE_UNAVAILABLE')) }, log)
    await expect(store.away({ event: { ...event, kind } })).rejects.toThrow()
    expect(lines.map(({ fields }) => fields)).toEqual(MADE_ALL_THE_SAME.includes(kind) ? [{ code: 'NET_DNS', recorded: false }] : [])
  })
})

it('an attempt that a defect kept from being recorded is not told as one that was not recorded', async () => {
  const { lines, log } = recorder()
  const failed = eventOf('check_in_failed', 0, { kind: 'system' })
  for (const error of [new TypeError('broken'), new LicenseError('CONFLICT')]) {
    const store = withEventLines({ broken: async (_event: NewEvent) => Promise.reject(error) }, log)
    await expect(store.broken(failed)).rejects.toBe(error)
  }
  expect(lines).toEqual([])
})

describe('the fields of a log line', () => {
  it('are code and reference alone where nothing more was seen', () => {
    expect(fieldsOf('STORAGE_UNAVAILABLE', null)).toEqual({ code: 'STORAGE_UNAVAILABLE', reference: 'NCL-315' })
  })

  it('name the code that a person is told, whatever the code of what was seen', () => {
    expect(fieldsOf('TOKEN_UNKNOWN_SIGNER', seen('SERVER_RESPONSE_INVALID', 'signer_unknown', { kid: 'k9' }))).toEqual({
      code: 'TOKEN_UNKNOWN_SIGNER', reference: 'NCL-109', cause: 'signer_unknown', stage: 'http', kid: 'k9',
    })
  })

  it('name the address that was connected to only where one was', () => {
    expect(Object.keys(fieldsOf('NET_DNS', seen('NET_DNS', 'dns_no_such_name', { host: 'license.example' })))).toEqual(['code', 'reference', 'cause', 'stage', 'host'])
  })

  it('know the references of a wrong clock', () => {
    expect([fieldsOf('CLOCK_AHEAD', null), fieldsOf('CLOCK_BEHIND', null)]).toMatchObject([{ reference: 'NCL-401' }, { reference: 'NCL-402' }])
  })
})
