import { describe, expect, it, vi } from 'vitest'
import { createVersionLook } from '../../../server/storage/version-look.ts'

/* Whether somebody has written, asked of the database only where nothing else tells. */

function scene() {
  const database = { version: 1, asked: 0, away: false }
  const time = { now: 0 }
  const hint = { value: 0 as number | undefined, missed: vi.fn(() => { hint.value = undefined }), believedFor: 15_000, mark: () => hint.value }
  const changedSince = createVersionLook(async () => {
    database.asked++
    if (database.away) throw new Error('away')
    return database.version
  }, hint, () => time.now)
  const write = ({ unnoticed = false } = {}) => {
    database.version++
    if (!unnoticed && hint.value !== undefined) hint.value++
  }
  return { database, hint, changedSince, write, pass: (ms: number) => { time.now += ms } }
}

describe('whether the version has changed', () => {
  it('is asked once, and again only once somebody has written', async () => {
    const { database, changedSince, write } = scene()
    for (let time = 0; time < 10; time++) expect(await changedSince(1)).toBe(false)
    expect(database.asked).toBe(1)
    write()
    expect(await changedSince(1)).toBe(true)
    for (let time = 0; time < 10; time++) expect(await changedSince(2)).toBe(false)
    expect(database.asked).toBe(2)
  })

  it('stays true for whoever could not read what is new', async () => {
    const { changedSince, write } = scene()
    await changedSince(1)
    write()
    for (let time = 0; time < 3; time++) expect(await changedSince(1)).toBe(true)
  })

  it('is asked again if it could not be read', async () => {
    const { database, changedSince, write } = scene()
    await changedSince(1)
    write()
    database.away = true
    await expect(changedSince(1)).rejects.toThrow('away')
    database.away = false
    expect(await changedSince(1)).toBe(true)
  })

  it('is asked each time while nothing else tells', async () => {
    const { database, hint, changedSince } = scene()
    hint.value = undefined
    for (let time = 0; time < 4; time++) await changedSince(1)
    expect(database.asked).toBe(4)
  })

  it('is asked now and then all the same; a hint that did not come makes the hint unreliable', async () => {
    const { database, hint, changedSince, write, pass } = scene()
    await changedSince(1)
    write({ unnoticed: true })
    pass(14_999)
    expect(await changedSince(1)).toBe(false)
    pass(1)
    expect(await changedSince(1)).toBe(true)
    expect(await changedSince(2)).toBe(false)
    expect(hint.missed).not.toHaveBeenCalled()
    pass(3000)
    await changedSince(2)
    expect(hint.missed).toHaveBeenCalledOnce()
    const { asked } = database
    await changedSince(2)
    expect(database.asked).toBe(asked + 1)
  })

  it('a hint that is a moment late is none that was missed', async () => {
    const { hint, changedSince, write, pass } = scene()
    await changedSince(1)
    write({ unnoticed: true })
    pass(15_000)
    expect(await changedSince(1)).toBe(true)
    hint.value = 1
    pass(5000)
    await changedSince(2)
    expect(hint.missed).not.toHaveBeenCalled()
  })
})
