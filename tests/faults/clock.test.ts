import { describe, expect, it } from 'vitest'
import { findFaketime } from '../support/faketime.ts'
import { sleep } from '../support/stand.ts'
import { tally } from '../support/tally.ts'
import { clockWarningsOf, expectRecovery, requireSaved, startHousehold, untilView, watchStates } from './clock/household.ts'

/* The production process with a wall clock that is wrong, or is set or repaired while it runs. */

const DAY = 86_400
const library = findFaketime() ?? ''
const start = (at?: string) => startHousehold(library, at)

describe.skipIf(library === '')('F50: a clock set back by 8 days', () => {
  it('F50: keeps the entitlement and says CLOCK_BEHIND, running and across a restart', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    household.clock.setOffset(-8 * DAY)
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_BEHIND'])
    expect((await watchStates(household.product, 2000)).states).toEqual(['active'])
    await household.restart()
    expect((await watchStates(household.product, 2000)).states).toEqual(['active'])
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_BEHIND'])
    await household.serverAway()
    await household.restart()
    expect((await watchStates(household.product, 2000)).states).toEqual(['active'])
    await household.serverBack()
    await expectRecovery(household)
    tally({ row: 'F50', tried: 4 })
  })

  it('F50: gains nothing: a license pauses and ends on time, and stays so, however far back the clock and after any restart', async () => {
    const paused = await start()
    const ended = await start()
    requireSaved(await (await paused.admin()).save('nc_demo_short'))
    await ended.saveOffline(6)
    await paused.serverAway()
    for (const { clock } of [paused, ended]) clock.setOffset(-8 * DAY)
    await untilView(paused, 'paused', ({ state }) => state === 'paused')
    await untilView(ended, 'expired', ({ state }) => state === 'expired')
    let accepted = 0
    for (const days of [-16, -300, -20_000]) {
      for (const household of [paused, ended]) {
        household.clock.setOffset(days * DAY)
        const running = await watchStates(household.product, 500)
        await household.restart()
        const restarted = await watchStates(household.product, 500)
        expect([running.states, restarted.states]).toEqual(Array.from({ length: 2 }, () => [household === paused ? 'paused' : 'expired']))
        if (running.entitled.has(true) || restarted.entitled.has(true)) accepted++
      }
    }
    tally({ row: 'F50', tried: 12, accepted })
  })
})

describe.skipIf(library === '')('F51: a clock ahead by 8 days', () => {
  it('F51: never pauses a license whose server answers, running and across restarts, and leaves no mark', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    household.clock.setOffset(8 * DAY)
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_AHEAD'])
    expect((await watchStates(household.product, 3000)).states).toEqual(['active'])
    for (const days of [8, 200, 8]) {
      await household.stop()
      household.clock.setOffset(days * DAY)
      await household.restart()
      // From its very first answer on.
      const { states, entitled } = await watchStates(household.product, 4000)
      expect(entitled).toEqual(new Set([true]))
      expect(states.at(-1)).toBe('active')
    }
    await expectRecovery(household)
    tally({ row: 'F51', tried: 5 })
  })

  it('F51: pauses one whose server is away, as the clock says, and recovers once it is repaired, without the server', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    await household.serverAway()
    await household.restart()
    expect((await household.view()).state).toBe('active')
    household.clock.setOffset(8 * DAY)
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_AHEAD'])
    await untilView(household, 'paused by the clock', ({ state }) => state === 'paused')
    household.clock.setOffset(0)
    await untilView(household, 'active by the repaired clock', ({ state }) => state === 'active')
    household.clock.setOffset(8 * DAY)
    await household.restart()
    await untilView(household, 'paused by the clock after a restart', ({ state }) => state === 'paused')
    await expectRecovery(household)
    tally({ row: 'F51', tried: 4 })
  })

  it('F51: resumes with the server, when that comes back before the clock is repaired', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    await household.serverAway()
    household.clock.setOffset(8 * DAY)
    await household.restart()
    await untilView(household, 'paused by the clock', ({ state }) => state === 'paused')
    await household.serverBack()
    const resumed = await untilView(household, 'active by a check-in', ({ state }) => state === 'active')
    expect(clockWarningsOf(resumed)).toEqual(['CLOCK_AHEAD'])
    await expectRecovery(household)
    tally({ row: 'F51', tried: 2 })
  })

  it('F51: ends an offline license beyond its term and gives it back once it is repaired, running and across restarts', async () => {
    const household = await start()
    await household.saveOffline(3 * DAY)
    household.clock.setOffset(8 * DAY)
    expect(await household.view()).toMatchObject({ state: 'expired', entitled: false })
    household.clock.setOffset(0)
    expect(await household.view()).toMatchObject({ state: 'active', entitled: true })
    household.clock.setOffset(8 * DAY)
    await household.restart()
    expect((await household.view()).state).toBe('expired')
    await expectRecovery(household)
    tally({ row: 'F51', tried: 3 })
  })

  it('F51: recovers from a dead clock that starts at 1970 and is set later', async () => {
    const household = await start('1970-01-01T00:00:10Z')
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_BEHIND'])
    await expectRecovery(household)
    household.clock.setTo('1970-01-01T00:00:10Z')
    await household.restart()
    expect((await watchStates(household.product, 2000)).states).toEqual(['active'])
    await expectRecovery(household)
    tally({ row: 'F51', tried: 2 })
  })

  it('F51: a process frozen for longer than its grace period recovers with one check-in', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_short'))
    const { pid } = household.product.process
    if (pid === undefined) throw new Error('the product has no process id')
    process.kill(pid, 'SIGSTOP')
    await sleep(9000)
    process.kill(pid, 'SIGCONT')
    const thawed = await untilView(household, 'active after the thaw', ({ state }) => state === 'active')
    expect(clockWarningsOf(thawed)).toEqual([])
    tally({ row: 'F51', tried: 1 })
  })
})
