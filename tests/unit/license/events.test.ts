import { describe, expect, it } from 'vitest'
import type { Actor } from '../../../server/license/events.ts'
import { eventOf, foldsInto } from '../../../server/license/events.ts'
import type { NewEvent } from '../../../server/license/stored-records.ts'
import { EVENT_KINDS } from '../../../shared/contracts.ts'
import { findingOf, seen } from '../../../shared/findings.ts'

const SYSTEM: Actor = { kind: 'system' }
const silence = findingOf(seen('NET_TIMEOUT', 'no_answer', { seconds: 10 }), 5)

describe('an entry', () => {
  it.each<[Actor, Partial<NewEvent>]>([
    [{ kind: 'user', email: 'a@b.example', address: '192.0.2.1' }, { actor: 'user', actorEmail: 'a@b.example', address: '192.0.2.1' }],
    [{ kind: 'user', email: 'a@b.example', address: null }, { actor: 'user', actorEmail: 'a@b.example', address: null }],
    [{ kind: 'token', address: '192.0.2.1' }, { actor: 'token', actorEmail: null, address: '192.0.2.1' }],
    [SYSTEM, { actor: 'system', actorEmail: null, address: null }],
    [{ kind: 'environment' }, { actor: 'environment', actorEmail: null, address: null }],
  ])('names %j', (actor, named) => {
    expect(eventOf('removed', 5, actor, { a: 1 }, { b: 2 })).toEqual({ kind: 'removed', at: 5, details: { a: 1 }, log: { b: 2 }, finding: null, ...named })
  })

  it('holds what was found', () => {
    expect(eventOf('check_in_failed', 5, SYSTEM, {}, {}, silence).finding).toBe(silence)
  })
})

describe('an entry that repeats the newest', () => {
  const FOLDED = ['check_in_succeeded', 'check_in_failed']

  it.each(EVENT_KINDS)('%s becomes one with it only if it is a check-in', (kind) => {
    expect(foldsInto(eventOf(kind, 1, SYSTEM), eventOf(kind, 2, SYSTEM))).toBe(FOLDED.includes(kind))
  })

  const newest = eventOf('check_in_failed', 1, SYSTEM, { code: 'NET_DNS', tries: 1 })
  it.each<[string, NewEvent, boolean]>([
    ['in the order of its details', eventOf('check_in_failed', 2, SYSTEM, { tries: 1, code: 'NET_DNS' }), true],
    ['in what the log says beyond it', eventOf('check_in_failed', 2, SYSTEM, { code: 'NET_DNS', tries: 1 }, { cause: 'x' }), true],
    ['in what was found, as far as its details do not say', eventOf('check_in_failed', 2, SYSTEM, { code: 'NET_DNS', tries: 1 }, {}, silence), true],
    ['in its kind', eventOf('check_in_succeeded', 2, SYSTEM, { code: 'NET_DNS', tries: 1 }), false],
    ['in its details', eventOf('check_in_failed', 2, SYSTEM, { code: 'NET_DNS', tries: 2 }), false],
    ['in who did it', eventOf('check_in_failed', 2, { kind: 'environment' }, { code: 'NET_DNS', tries: 1 }), false],
    ['in the e-mail', { ...newest, actorEmail: 'a@b.example' }, false],
    ['in the address', { ...newest, address: '192.0.2.1' }, false],
  ])('and differs %s: %s', (_, event, expected) => {
    expect(foldsInto(newest, event)).toBe(expected)
  })
})
