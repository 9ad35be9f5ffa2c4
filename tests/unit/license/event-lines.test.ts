import { describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { withEventLines } from '../../../server/license/event-lines.ts'
import { eventOf } from '../../../server/license/events.ts'
import type { Actor, NewEvent } from '../../../server/license/ports.ts'
import { EVENT_KINDS } from '../../../shared/contracts.ts'
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

  it.each([['grace', 'warn'], ['paused', 'warn'], ['expired', 'warn'], ['revoked', 'warn'], ['invalid', 'warn'], ['active', 'info']])(
    'of a state that becomes %s is a line at %s', async (to, level) => {
      const { lines, log } = recorder()
      await withEventLines(createMemoryStore(), log).appendEvent(eventOf('state_changed', 0, { kind: 'system' }, { to }))
      expect(lines).toEqual([{ level, message: 'license state changed', fields: { to } }])
    })

  const event = eventOf('check_in_failed', 0, { kind: 'system' }, { code: 'NET_DNS' })
  const outcome = { at: 0, nextAt: null, event }

  it('is told wherever the store takes it: by itself, as a member, within an outcome', async () => {
    const { lines, log } = recorder()
    const takes = withEventLines({ any: async (..._args: unknown[]) => 'written' }, log, first => ({ account: first }))
    await takes.any('id', event)
    await takes.any({ event })
    await takes.any({ outcome })
    await takes.any('id', { role: 'admin' }, event, 'session')
    await takes.any({ other: true })
    expect(lines).toHaveLength(4)
    expect(lines[0]?.fields).toEqual({ code: 'NET_DNS', account: 'id' })
  })

  it('that was not written leaves no line; an attempt was made all the same', async () => {
    const { lines, log } = recorder()
    const away = async (_input: { event: NewEvent } | { outcome: typeof outcome }) => Promise.reject(new LicenseError('STORAGE_UNAVAILABLE'))
    const store = withEventLines({ away, stale: async (_event: NewEvent) => 'stale' as const }, log)
    await expect(store.away({ event })).rejects.toThrow()
    expect(await store.stale(event)).toBe('stale')
    expect(lines).toEqual([])
    await expect(store.away({ outcome })).rejects.toThrow()
    expect(lines).toEqual([{ level: 'warn', message: 'check-in failed', fields: { code: 'NET_DNS', recorded: false } }])
  })
})
