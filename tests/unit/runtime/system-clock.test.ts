import { describe, expect, it } from 'vitest'
import { createDatabaseClock, createSystemClock } from '../../../server/runtime/system-clock.ts'
import { HOUR } from '../../support/claims.ts'
import { createSimulatedClock, START } from '../../support/simulated-clock.ts'

/** A machine and a database whose clocks differ, and what the database is asked now. */
function replica() {
  const machine = createSimulatedClock()
  const database = { ahead: 7 * 60_000, asked: 0, answer: async (): Promise<number | null> => machine.real() + database.ahead }
  const clock = createDatabaseClock(machine, () => {
    database.asked++
    return database.answer()
  })
  return { machine, database, clock }
}

describe('the machine\'s clocks', () => {
  it('show the wall clock, and an uptime that never goes back, of one boot', () => {
    const clock = createSystemClock()
    const [first, second] = [clock.read(), clock.read()]
    expect(Math.abs(first.wall - Date.now())).toBeLessThan(HOUR)
    expect(second.uptime).toBeGreaterThanOrEqual(first.uptime)
    expect(first.boot).toMatch(/^[0-9a-f-]{36}$/)
    expect(second.boot).toBe(first.boot)
  })
})

describe('the database\'s clock', () => {
  it('is the wall clock of every replica, whatever their own show', async () => {
    const { machine, database, clock } = replica()
    machine.shiftWall(-40 * 60_000)
    await clock.sample()
    expect(clock.read()).toEqual({ ...machine.read(), wall: START + database.ahead, shared: true })
  })

  it('advances with the uptime between samples, not with the machine\'s wall clock', async () => {
    const { machine, database, clock } = replica()
    await clock.sample()
    machine.advance(HOUR)
    expect(clock.read().wall).toBe(START + HOUR + database.ahead)
    machine.shiftWall(-9 * HOUR)
    expect(clock.read().wall).toBe(START + HOUR + database.ahead)
    expect(clock.read()).toMatchObject({ uptime: machine.read().uptime, boot: machine.read().boot })
    expect(database.asked).toBe(1)
  })

  it('follows the database at the next sample, backwards too', async () => {
    const { machine, database, clock } = replica()
    await clock.sample()
    machine.advance(HOUR)
    database.ahead = -60_000
    await clock.sample()
    expect(clock.read().wall).toBe(START + HOUR - 60_000)
  })

  it('goes on by the last sample while the database cannot be asked', async () => {
    const { machine, database, clock } = replica()
    await clock.sample()
    for (const answer of [() => Promise.reject(new Error('away')), async () => null]) {
      database.answer = answer
      await clock.sample().catch(() => undefined)
      machine.advance(HOUR)
    }
    expect(clock.read().wall).toBe(START + 2 * HOUR + database.ahead)
  })

  it('F91: is not asked for what it said to a process that was frozen before it heard the answer', async () => {
    const { machine, database, clock } = replica()
    await clock.sample()
    database.answer = async () => {
      const time = machine.real() + database.ahead
      machine.advance(45_000)
      return time
    }
    await clock.sample()
    expect(clock.read().wall).toBe(machine.real() + database.ahead)
  })

  it('tells whoever sampled that it failed', async () => {
    const { database, clock } = replica()
    database.answer = () => Promise.reject(new Error('away'))
    await expect(clock.sample()).rejects.toThrow('away')
  })

  it('is the machine\'s where the database has none of its own, and until it was sampled', async () => {
    const { machine, database, clock } = replica()
    expect(clock.read()).toEqual(machine.read())
    database.answer = async () => null
    await clock.sample()
    machine.shiftWall(HOUR)
    expect(clock.read()).toEqual(machine.read())
  })
})
