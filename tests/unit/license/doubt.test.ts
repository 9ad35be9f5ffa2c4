import { describe, expect, it } from 'vitest'
import type { Circumstances } from '../../../server/license/doubt.ts'
import { beginDoubt, endHold, judgeDoubt } from '../../../server/license/doubt.ts'
import type { Hold } from '../../../server/license/held-state.ts'
import { stateOf } from '../../../server/license/state.ts'
import { airgappedClaims, DAY, HOUR, INSTANCE, leaseOf, standardClaims } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'

describe('a doubt, reading by reading', () => {
  const lease = leaseOf(standardClaims({ check_in: { every: 3600, grace: 3600 } }))
  const pausesAt = START + 2 * HOUR
  type Seen = Partial<Circumstances> & { uptime: number, wall: number }

  function circumstancesOf({ uptime, wall, ...changes }: Seen): Circumstances {
    const holding = changes.holding ?? { kind: 'lease', lease, verdict: null }
    const trusted = START + uptime
    const time = changes.time ?? { trusted, wall, effective: Math.max(trusted, wall) }
    return {
      holding, instanceId: INSTANCE, computed: stateOf(holding, INSTANCE, time.effective), time, reading: { uptime, wall, boot: 'a' }, anchored: false,
      lastState: 'active', ...changes,
    }
  }
  /** Whether the state is held at each reading. */
  function watch(hold: Hold | null, seen: (Seen | 'ended')[]): boolean[] {
    let doubt = beginDoubt(hold)
    const found: boolean[] = []
    for (const each of seen) {
      if (each === 'ended') doubt = endHold(doubt)
      else {
        const judged = judgeDoubt(Object.freeze(doubt), circumstancesOf(each))
        doubt = judged.doubt
        found.push(judged.inDoubt)
      }
    }
    return found
  }
  const right = (uptime: number): Seen => ({ uptime, wall: START + uptime })
  const ahead = (uptime: number, by = DAY): Seen => ({ uptime, wall: START + uptime + by })

  it.each<[string, (Seen | 'ended')[], boolean[]]>([
    ['a jump is held for 10 s', [right(0), ahead(1), ahead(10_000), ahead(10_001)], [false, true, true, false]],
    ['further jumps while it is held do not prolong it', [right(0), ahead(1), ahead(9000, 2 * DAY), ahead(10_001, 3 * DAY)], [false, true, true, false]],
    ['until a check-in has ended', [right(0), ahead(1), 'ended', ahead(2)], [false, true, false]],
    ['the next jump is held anew', [right(0), ahead(1), ahead(20_000), right(20_001), ahead(20_002)], [false, true, false, false, true]],
    ['the next jump is held anew, also after a check-in', [right(0), ahead(1), 'ended', right(2), ahead(3)], [false, true, false, true]],
    ['where no time has been right before, nothing has jumped', [ahead(0), ahead(1)], [false, false]],
    ['5 s are no jump', [{ uptime: 0, wall: pausesAt - 5001 }, { uptime: 1, wall: pausesAt }], [false, false]],
    ['more than 5 s are one', [{ uptime: 0, wall: pausesAt - 5002 }, { uptime: 1, wall: pausesAt }], [false, true]],
    ['a clock that goes wrong little by little has not jumped',
      [{ uptime: 0, wall: pausesAt - 9000 }, { uptime: 1, wall: pausesAt - 4500 }, { uptime: 2, wall: pausesAt }], [false, false, false]],
    ['time alone is no jump', [right(0), right(2 * HOUR)], [false, false]],
    ['nothing is held that trusted time does not grant', [right(0), { ...ahead(2 * HOUR) }], [false, false]],
    ['nothing is held that was not on', [right(0), { ...ahead(1), lastState: 'paused' }], [false, false]],
    ['nothing is held where nothing was told', [right(0), { ...ahead(1), lastState: null }], [false, false]],
    ['nothing is held where trusted time decides', [right(0), { ...ahead(1), anchored: true }], [false, false]],
    ['nothing is held without trusted time', [right(0), { ...ahead(1), time: { trusted: null, wall: START + DAY, effective: START + DAY } }], [false, false]],
    ['nothing is held of a license that is not checked in',
      [right(0), { ...ahead(1, 999 * DAY), holding: { kind: 'lease', lease: leaseOf(airgappedClaims()), verdict: null } }], [false, false]],
    ['another process that tells the state ends nothing and begins nothing',
      [right(0), ahead(1), { ...ahead(2), lastState: 'paused' }, ahead(3), ahead(10_001)], [false, true, false, true, false]],
  ])('%s', (_, seen, expected) => {
    expect(watch(null, seen)).toEqual(expected)
  })

  it.each<[string, Hold | null, (Seen | 'ended')[], boolean[]]>([
    ['until it is over by the uptime', { jti: 'jti-1', until: 5000 }, [ahead(0), ahead(4999), ahead(5000)], [true, true, false]],
    ['whatever the wall clock does meanwhile', { jti: 'jti-1', until: 5000 }, [ahead(0), ahead(1, 300 * DAY), ahead(4999, HOUR * 2), ahead(5000)], [true, true, true, false]],
    ['until a check-in has ended', { jti: 'jti-1', until: 5000 }, [ahead(0), 'ended', ahead(1)], [true, false]],
    ['not for another lease', { jti: 'jti-0', until: 5000 }, [ahead(0)], [false]],
    ['not where nothing is left', null, [ahead(0)], [false]],
  ])('the interval of a start is used %s', (_, hold, seen, expected) => {
    expect(watch(hold, seen)).toEqual(expected)
  })
})
