import { expect, it, onTestFinished, vi } from 'vitest'
import { guardsOf } from '../../../server/http/guards.ts'
import { openApp } from '../../../server/runtime/app.ts'
import type { RateWindows } from '../../../server/storage/open.ts'
import { createBase, openRunningApp } from '../../support/running-app.ts'

/** Windows that every replica counts in, and what they were asked. */
function sharedWindows(): { asked: unknown[], windows: RateWindows } {
  const asked: unknown[] = []
  return {
    asked,
    windows: {
      use: async (limit) => {
        asked.push(limit)
        return { began: 1 }
      },
      giveBack: async () => undefined, prune: async olderThan => void asked.push(olderThan),
    },
  }
}

it('limits are counted with other replicas from when the database is reached, also where somebody called before', async () => {
  const { app } = await openRunningApp()
  const [{ base }, { asked, windows }] = [createBase(), sharedWindows()]
  const { limits } = guardsOf(base)
  await limits.use('setup', 'before')
  openApp({ ...app, ...base, storage: { ...app.storage, windows } })
  await limits.use('setup', 'after')
  expect(asked).toEqual(['setup'])
})

it('what replicas counted is forgotten every minute, once it is an hour old', async () => {
  const { app } = await openRunningApp()
  const { asked, windows } = sharedWindows()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { base } = createBase()
  guardsOf(base)
  openApp({ ...app, ...base, storage: { ...app.storage, windows } })
  vi.advanceTimersByTime(59_999)
  expect(asked).toEqual([])
  vi.advanceTimersByTime(1)
  expect(asked).toEqual([3_600_000])
  base.jobs.stop()
})
