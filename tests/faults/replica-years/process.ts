import type { Clock, ClockReading } from '../../../server/license/ports.ts'
import { createLicenseService } from '../../../server/license/service.ts'
import { TELL_EVERY } from '../../../server/runtime/replica-watch.ts'
import { createDatabaseClock } from '../../../server/runtime/system-clock.ts'
import { keyring } from '../../support/signing.ts'
import { VERSION } from '../../support/world.ts'
import { createLine } from './line.ts'
import { createRoute } from './route.ts'
import type { Place, Process } from './place.ts'
import type { World } from './world.ts'

/* All times are ms. */
const TICK = 1000
/** For how long a process sleeps while nothing changes. It is woken as soon as something does. */
const CALM = 7 * 86_400_000
/** How often one that is cut off from the database looks whether it is back, if nobody tells it. */
const AWAY = 1_800_000
const OUTAGE_BEGINS = 5000
/** How long a start takes, in which those that slept have stored the time, as they would have all along. */
const START_TAKES = 2 * TICK
/** How often one looks that has to tell the vendor of a removal: no more often does it try. */
const TELLS = 60_000

export function createMachineClock(now: () => number, { rate, wallAhead }: { rate: number, wallAhead: number }, n: number): Clock & { reboot(): void } {
  let [bootedAt, boots] = [now() - 500_000, 1]
  return {
    read: (): ClockReading => ({ wall: now() + wallAhead, uptime: (now() - bootedAt) * rate, boot: `machine-${n}-${boots}` }),
    passedSince: () => null,
    sample: () => Promise.resolve(),
    reboot() {
      bootedAt = now()
      boots++
    },
  }
}

/** Starts a process here, unless there is one. */
export function startProcess(world: World, place: Place): void {
  if (place.process) return
  const { timeline, fate } = world
  const waiting: (() => void)[] = []
  /** The time that it sleeps until; past while it starts or ticks, when nothing can wake it once more. */
  let nextAt = timeline.now
  let turn = 0
  let sampledAt = -Infinity

  const process: Process = {
    name: `r${place.n}.${++place.starts}`, place, alive: true, frozen: false, service: null, clock: place.clock, known: null, stale: null, stirred: false, touched: false,
    later(after, happen) {
      timeline.at(timeline.now + after, () => {
        if (!process.alive) return
        if (process.frozen) {
          waiting.push(happen)
          return
        }
        process.touched = true
        happen()
      })
    },
    wake() {
      if (nextAt > timeline.now + TICK) tickAfter(fate.between(1, TICK))
    },
    thaw() {
      process.frozen = false
      for (const happen of waiting.splice(0)) process.later(0, happen)
    },
  }
  const line = createLine(world, process)
  const clock = createDatabaseClock(place.clock, () => line.databaseTime())
  place.process = process

  const pause = (ms: number) => new Promise<void>(resolve => process.later(ms, resolve))

  function tickAfter(ms: number): void {
    const mine = ++turn
    nextAt = timeline.now + ms
    process.later(ms, () => {
      if (mine === turn) void tick()
    })
  }

  async function tick(): Promise<void> {
    nextAt = timeline.now
    const { service } = process
    if (!service) return start()
    if (timeline.now - sampledAt >= TELL_EVERY) {
      sampledAt = timeline.now
      await clock.sample().catch(() => undefined)
    }
    process.stirred = false
    const calm = process.known?.deactivatedAt ? TELLS : CALM
    const wait = await service.tick(world.isCalm(nextAt) ? calm : TICK)
    const isAway = !place.line || !world.database.up
    if (isAway && world.isCalm(timeline.now - OUTAGE_BEGINS)) tickAfter(Math.max(wait, AWAY))
    else if (process.stirred) tickAfter(Math.min(wait, TICK))
    else tickAfter(world.database.movedAt < sampledAt ? wait : Math.min(wait, TELL_EVERY))
  }

  async function start(): Promise<void> {
    world.disturb()
    await pause(START_TAKES)
    try {
      await clock.sample()
      const silent = () => undefined
      const service = await createLicenseService({
        store: line, clock, instanceId: world.instanceId, server: createRoute(world, process), keyring, random: world.random, version: VERSION,
        sandbox: false, log: { info: silent, warn: silent, error: (message, fields) => world.judge.complain(`${process.name} logs: ${message} ${JSON.stringify(fields)}`) },
        provisioned: null, eventsKeepDays: 400, replica: process.name, pause,
      })
      Object.assign(process, { service, clock })
      service.start()
      world.tell(process.name, 'starts')
      world.disturb()
      tickAfter(0)
    }
    catch {
      world.tell(process.name, 'cannot start')
      tickAfter(AWAY)
    }
  }
  process.later(0, () => void start())
}
