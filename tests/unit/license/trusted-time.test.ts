import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClockReading } from '../../../server/license/ports.ts'
import type { TrustedTimeRecord } from '../../../server/license/stored-records.ts'
import { advance, anchor, judgeTime, raise } from '../../../server/license/trusted-time.ts'
import { DAY, HOUR } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'

const record: TrustedTimeRecord = { at: START, uptime: 1000, boot: 'a', continuous: true }
function reading(changes: Partial<ClockReading> = {}): ClockReading {
  return { wall: START + HOUR, uptime: 1000 + HOUR, boot: 'a', ...changes }
}

describe('trusted time advances', () => {
  it('with the uptime, suspend included, where the wall clock agrees', () => {
    expect(advance(record, reading())).toEqual({ at: START + HOUR, uptime: 1000 + HOUR, boot: 'a', continuous: true })
  })

  it.each([
    ['ahead by a day', DAY, 1800], ['behind by a day', -DAY, -1800], ['ahead by a second', 1000, 1000], ['behind by a second', -1000, -1000],
    ['ahead by just 500 ppm', 1800, 1800], ['ahead by a little more', 1801, 1800], ['behind by a little more', -1801, -1800],
  ])('towards a wall clock %s by at most 500 ppm of what elapsed', (_, off, lean) => {
    expect(advance(record, reading({ wall: START + HOUR + off })).at).toBeCloseTo(START + HOUR + lean, 3)
  })

  it('never to a wall clock by a jump, however often it is read', () => {
    let now = record
    for (let n = 1; n <= 3600; n++) now = advance(now, reading({ uptime: 1000 + n * 1000, wall: START + DAY }))
    expect(now.at).toBeGreaterThan(START + HOUR)
    expect(now.at).toBeLessThanOrEqual(START + HOUR * (1 + 500e-6) + 1)
  })

  it.each([
    ['another boot', { boot: 'b' }], ['an uptime that went back', { uptime: 999 }], ['a boot without identity', { boot: null }],
  ])('not at all over %s, and is not continuous any more', (_, changes) => {
    const now = advance(record, reading({ ...changes, wall: START + DAY }))
    expect(now).toMatchObject({ at: START, continuous: false })
    expect(now.uptime).toBe(reading(changes).uptime)
    expect(now.boot).toBe(reading(changes).boot)
  })

  it('not over a record without boot identity either', () => {
    expect(advance({ ...record, boot: null }, reading({ boot: null }))).toMatchObject({ at: START, continuous: false })
  })

  it('not where no time has passed, and stays continuous', () => {
    expect(advance(record, reading({ uptime: 1000, wall: START + DAY }))).toEqual(record)
  })

  it('on after a reboot, from where it stood, without becoming continuous', () => {
    const booted = advance(record, { wall: START + DAY, uptime: 50, boot: 'b' })
    expect(advance(booted, { wall: START + HOUR, uptime: 50 + HOUR, boot: 'b' })).toMatchObject({ at: START + HOUR, continuous: false })
  })

  it('by the same whether it is read once or many times', () => {
    const waits = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 30 })
    fc.assert(fc.property(waits, fc.integer({ min: -DAY, max: DAY }), (steps, off) => {
      const total = steps.reduce((sum, step) => sum + step, 0)
      let passed = 0
      let often = record
      for (const step of steps) {
        passed += step
        often = advance(often, reading({ uptime: 1000 + passed, wall: START + passed + off }))
      }
      const once = advance(record, reading({ uptime: 1000 + total, wall: START + total + off }))
      expect(Math.abs(often.at - once.at)).toBeLessThanOrEqual(1)
    }))
  })
})

describe('trusted time is set', () => {
  it.each([[-DAY], [0], [DAY]])('outright by an answer to our nonce, %i ms from what it was', (off) => {
    expect(anchor(START + off, reading())).toEqual({ at: START + off, uptime: 1000 + HOUR, boot: 'a', continuous: true })
  })
})

describe('trusted time is raised by an older statement', () => {
  it('to when it was signed, how long ago being unknown', () => {
    expect(raise(record, START + DAY, reading())).toEqual({ at: START + DAY, uptime: 1000 + HOUR, boot: 'a', continuous: false })
    expect(raise(null, START, reading())).toEqual({ at: START, uptime: 1000 + HOUR, boot: 'a', continuous: false })
  })

  it.each([[START - DAY], [START + HOUR]])('never lowered: signed at %i', (at) => {
    expect(raise(record, at, reading())).toEqual(advance(record, reading()))
  })

  it('is never lowered, whatever is signed and read', () => {
    fc.assert(fc.property(fc.integer({ min: -DAY, max: DAY }), fc.integer({ min: -DAY, max: DAY }), (off, wall) => {
      const now = reading({ wall: START + wall })
      expect(raise(record, START + off, now).at).toBeGreaterThanOrEqual(advance(record, now).at)
    }))
  })
})

describe('effective time', () => {
  it.each([
    ['a clock ahead, this process answered', true, START + DAY, START], ['a clock behind, this process answered', true, START - DAY, START],
    ['a clock ahead, this process not answered yet', false, START + DAY, START + DAY],
    ['a clock behind, this process not answered yet', false, START - DAY, START],
  ])('with %s', (_, anchored, wall, effective) => {
    expect(judgeTime(record, anchored, wall)).toEqual({ effective, trusted: START, wall })
  })

  it('is the wall clock as long as no lease has ever been accepted', () => {
    expect(judgeTime(null, false, START)).toEqual({ effective: START, trusted: null, wall: START })
  })
})
