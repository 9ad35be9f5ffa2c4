import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Limit } from '../../../server/http/rate-limits.ts'
import { createRateLimits, limitSave } from '../../../server/http/rate-limits.ts'
import type { RateWindows } from '../../../server/storage/open.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { offlineToken } from '../../support/claims.ts'
import { AIRGAPPED_KEY, KEY } from '../../support/simulated-vendor.ts'
import { createWorld } from '../../support/world.ts'

/** The limits of a process, on a clock that stands still until it is moved. */
function createScene(windows: RateWindows | null = null) {
  let at = 1_000_000
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => at)
  onTestFinished(() => clock.mockRestore())
  const limits = createRateLimits(() => windows)
  /** Null if the use is allowed, or else in how many seconds it will be. */
  const wait = (limit: Limit, key = 'ada') => limits.use(limit, key).then(() => null, (error: unknown) => {
    if (!(error instanceof LicenseError) || error.code !== 'RATE_LIMITED') throw error
    return error.details?.retryAfterSeconds
  })
  return { limits, wait, pass: (ms: number) => void (at += ms) }
}

describe('a limit', () => {
  it.each<[Limit, number, number]>([
    ['login', 5, 60], ['loginAddress', 10, 60], ['setup', 10, 60], ['password', 10, 60],
    ['activate', 10, 60], ['checkIn', 10, 60], ['diagnostics', 10, 60], ['token', 100, 1],
  ])('%s allows %i, and the next in %i s', async (limit, allowed, seconds) => {
    const { wait } = createScene()
    for (let nth = 0; nth < allowed; nth++) expect(await wait(limit)).toBeNull()
    expect(await wait(limit)).toBe(seconds)
    expect(await wait(limit, 'grace')).toBeNull()
  })

  it.each([[1, 60], [999, 60], [1_000, 59], [1_001, 59], [58_999, 2], [59_000, 1], [59_999, 1], [60_000, 1], [60_001, null]])(
    'after %i ms says in how many whole seconds it ends, at least one: %s', async (ms, seconds) => {
      const { wait, pass } = createScene()
      for (let nth = 0; nth < 5; nth++) await wait('login')
      pass(ms)
      expect(await wait('login')).toBe(seconds)
    })

  it('does not count against another', async () => {
    const { wait } = createScene()
    for (let nth = 0; nth < 11; nth++) await wait('setup')
    expect(await wait('password')).toBeNull()
  })

  it('knows apart keys that begin alike', async () => {
    const { wait } = createScene()
    const long = 'x'.repeat(1_000)
    for (let nth = 0; nth < 5; nth++) await wait('login', `${long}1`)
    expect([await wait('login', `${long}1`), await wait('login', `${long}2`)]).toEqual([60, null])
  })

  it('has room for what is taken back', async () => {
    const { limits, wait } = createScene()
    for (let nth = 0; nth < 4; nth++) await wait('login')
    const takeBack = await limits.use('login', 'ada')
    takeBack()
    expect([await wait('login'), await wait('login')]).toEqual([null, 60])
  })

  it('that is counted with other replicas has room for what is taken back, here and there', async () => {
    const [used, givenBack]: [unknown[], unknown[]] = [[], []]
    const windows: RateWindows = {
      async use(limit, key) {
        used.push([limit, key, used.length])
        return { began: used.length - 1 }
      },
      giveBack: async (...what) => void givenBack.push(what), prune: async () => undefined,
    }
    const limits = createRateLimits(() => windows)
    for (let nth = 0; nth < 12; nth++) (await limits.use('login', 'ada'))()
    expect(used).toHaveLength(12)
    expect(givenBack).toEqual(used)
  })

  it.each<[string, () => Promise<{ wait: number }>, object]>([
    ['refused by all replicas together', async () => ({ wait: 3_000 }), { code: 'RATE_LIMITED', details: { retryAfterSeconds: 3 } }],
    ['that failed before it was counted', () => Promise.reject(new TypeError('a defect')), { message: 'a defect' }],
  ])('of this process has room for a use %s', async (_, use, outcome) => {
    const windows = { use: vi.fn<RateWindows['use']>(use), giveBack: async () => undefined, prune: async () => undefined }
    const { limits, pass } = createScene(windows)
    for (let nth = 0; nth < 6; nth++) {
      await expect(limits.use('login', 'ada')).rejects.toMatchObject(outcome)
      pass(1_001)
    }
    windows.use.mockResolvedValue({ began: 1 })
    for (let nth = 0; nth < 5; nth++) await limits.use('login', 'ada')
    await expect(limits.use('login', 'ada')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect(windows.use).toHaveBeenCalledTimes(11)
  })

  it('that all replicas together have refused is looked up once a second, and the wait is that which is left', async () => {
    const windows = { use: vi.fn<RateWindows['use']>(async () => ({ wait: 30_000 })), giveBack: async () => undefined, prune: async () => undefined }
    const { wait, pass } = createScene(windows)
    const ask = async (key: string) => [await wait('login', key), windows.use.mock.calls.length]
    expect([await ask('ada'), await ask('ada')]).toEqual([[30, 1], [30, 1]])
    pass(1_000)
    expect([await ask('ada'), await ask('grace')]).toEqual([[29, 1], [30, 2]])
    pass(1)
    windows.use.mockResolvedValue({ began: 1 })
    expect(await ask('ada')).toEqual([null, 3])
  })
})

describe('a save counts', () => {
  async function counted(pasted: string, provisioned?: string): Promise<[Limit, string][]> {
    const uses: [Limit, string][] = []
    const { service } = await createWorld(provisioned === undefined ? {} : { provisioned })
    const use = async (...use: [Limit, string]) => {
      uses.push(use)
      return () => undefined
    }
    await limitSave({ use }, service, 'ada', pasted)
    return uses
  }

  it.each([
    ['a key', KEY, 'activate'], ['an airgapped key', AIRGAPPED_KEY, 'activate'], ['a token', offlineToken(), 'token'],
  ])('as what %s costs', async (_, pasted, limit) => {
    expect(await counted(pasted)).toEqual([[limit, 'ada']])
  })

  it('nowhere, if it is neither key nor token', async () => {
    expect(await counted('what was on the clipboard')).toEqual([])
  })

  it.each([['a key', KEY], ['a token', offlineToken()], ['neither', 'x']])('nowhere where NC_LICENSE_KEY is set: %s', async (_, pasted) => {
    expect(await counted(pasted, KEY)).toEqual([])
  })

  it('until the limit is reached: keys ten times a minute, and tokens apart from them', async () => {
    const { limits } = createScene()
    const { service } = await createWorld()
    for (let nth = 0; nth < 10; nth++) await limitSave(limits, service, 'ada', KEY)
    await expect(limitSave(limits, service, 'ada', KEY)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 60 } })
    await limitSave(limits, service, 'ada', offlineToken())
  })
})
