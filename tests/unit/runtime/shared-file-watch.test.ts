import { describe, expect, it, vi } from 'vitest'
import { createSharedFileWatch } from '../../../server/runtime/shared-file-watch.ts'

/** Looks once at each of these: the boot that is stored, and the own one. */
async function warningsAfter(...looks: readonly (readonly [string | null, string])[]): Promise<number> {
  const warn = vi.fn()
  let [stored, own]: readonly [string | null, string] = [null, '']
  const watch = createSharedFileWatch({ stored: async () => stored, own: () => own, location: '/data/license.db', log: { warn } })
  for ([stored, own] of looks) await watch.look()
  return warn.mock.calls.length
}

describe('a SQLite file', () => {
  it('that another machine writes is warned about, once', async () => {
    expect(await warningsAfter(['here', 'here'], ['there', 'here'], ['here', 'here'], ['there', 'here'])).toBe(1)
  })

  it.each([
    ['that nobody else writes', [['here', 'here'], ['here', 'here']]],
    ['that nobody has written yet', [[null, 'here'], ['here', 'here']]],
    ['that was last written before this machine was started, or on another', [['before', 'here'], ['before', 'here'], ['here', 'here']]],
    ['whose own machine seems to have been started again', [['here', 'here'], ['here', 'again'], ['again', 'again']]],
  ] as const)('%s is not', async (_what, looks) => {
    expect(await warningsAfter(...looks)).toBe(0)
  })
})
