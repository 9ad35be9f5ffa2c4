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

/** The system's clocks under a test's control, and how often the uptime was asked for. */
function machineOf() {
  const now = { wall: 1_000_000, elapsed: 5_000, uptime: 70_000 }
  let asked = 0
  const clock = createSystemClock({
    wall: () => now.wall, elapsed: () => now.elapsed,
    uptime() {
      asked++
      return now.uptime
    },
  })
  const pass = (ms: number) => { for (const name of ['wall', 'elapsed', 'uptime'] as const) now[name] += ms }
  return { now, clock, pass, asked: () => asked }
}

describe('the uptime', () => {
  it('goes on with elapsed time, and is asked for once a second', () => {
    const { clock, pass, asked } = machineOf()
    const read = () => clock.read().uptime
    expect(read()).toBe(70_000)
    pass(999)
    expect([read(), asked()]).toEqual([70_999, 1])
    pass(1)
    expect([read(), asked()]).toEqual([71_000, 2])
  })

  it.each([['suspended', { wall: 60_000, uptime: 60_000 }, 130_000], ['set ahead', { wall: 60_000 }, 70_000], ['set back', { wall: -60_000 }, 70_000]])(
    'is asked for at once when the machine was %s', (_what, jump: { wall?: number, uptime?: number }, uptime) => {
      const { clock, now, asked } = machineOf()
      const first = clock.read()
      now.wall += jump.wall ?? 0
      now.uptime += jump.uptime ?? 0
      expect(clock.passedSince(first, 1000)).toBeNull()
      expect([clock.read().uptime, asked()]).toEqual([uptime, 2])
    })

  it('never goes back, even if the system counts more coarsely', () => {
    const { clock, pass, now } = machineOf()
    clock.read()
    pass(990)
    const { uptime } = clock.read()
    pass(10)
    now.uptime -= 60
    expect(clock.read().uptime).toBe(uptime)
  })

  it('a reading stands for as long as was said, and no longer', () => {
    const { clock, pass } = machineOf()
    const reading = clock.read()
    pass(500)
    expect([clock.passedSince(reading, 500), clock.passedSince(reading, 499), clock.passedSince(reading, -1)]).toEqual([500, null, null])
    clock.read()
    pass(800)
    expect([clock.passedSince(reading, 1300), clock.passedSince(reading, 1299)]).toEqual([1300, null])
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

  it('a reading stands until the next sample, whatever the machine\'s wall clock does', async () => {
    const { machine, database, clock } = replica()
    await clock.sample()
    const reading = clock.read()
    machine.advance(1000)
    machine.shiftWall(HOUR)
    expect([clock.passedSince(reading, 1000), clock.passedSince(reading, 999)]).toEqual([1000, null])
    database.ahead += 1
    await clock.sample()
    expect(clock.passedSince(reading, 1000)).toBeNull()
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
