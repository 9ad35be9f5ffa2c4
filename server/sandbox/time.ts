import type { Clock, ClockReading } from '../license/ports.ts'

/** Time that can be moved. Milliseconds throughout. */
export interface SandboxTime {
  /** The product's clocks: the machine's, moved. */
  clock(machine: Clock): Clock
  /** As `clock`, but left behind by every advance that did not ask for sessions. */
  accountClock(machine: Clock): Pick<Clock, 'read'>
  /** Lets time pass; sessions stay as old as they are unless they are to age too. */
  advance(ms: number, sessions: boolean): void
  /** Makes `at` the present moment (null: the machine's), from where time goes on, or stands still. */
  set(at: number | null, frozen: boolean): void
  /** Sets the wall clock wrong by `ms`, without any time passing. */
  setWrong(ms: number): void
  /** The present moment; null while it is the machine's. */
  now(): number | null
}

export function createSandboxTime(machine: Clock): SandboxTime {
  let shift = 0
  let behind = 0
  let wrong = 0
  let stopped: ClockReading | null = null

  const read = (source: Clock): ClockReading => {
    const reading = stopped ?? source.read()
    return { ...reading, wall: reading.wall + shift + wrong, uptime: reading.uptime + shift }
  }
  return {
    clock: source => ({
      read: () => read(source),
      passedSince({ wall, uptime, boot }, ms) {
        const given = { wall: wall - shift - wrong, uptime: uptime - shift, boot }
        if (stopped === null) return source.passedSince(given, ms)
        return given.wall === stopped.wall && given.uptime === stopped.uptime ? 0 : null
      },
      sample: () => source.sample(),
    }),
    accountClock: source => ({
      read() {
        const { wall, uptime, boot } = read(source)
        return { wall: wall - wrong - behind, uptime: uptime - behind, boot }
      },
    }),
    advance(ms, sessions) {
      shift += ms
      if (!sessions) behind += ms
    },
    set(at, frozen) {
      const real = machine.read()
      shift = at === null ? 0 : at - real.wall
      stopped = frozen ? real : null
      behind = 0
      wrong = 0
    },
    setWrong(ms) { wrong = ms },
    // Not the wrong clock: what the vendor signs for is the true moment.
    now: () => shift === 0 && stopped === null ? null : read(machine).wall - wrong,
  }
}
