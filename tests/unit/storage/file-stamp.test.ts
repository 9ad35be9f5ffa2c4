import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createFileStamp } from '../../../server/storage/file-stamp.ts'

/** Unix time, seconds: when every file here was last written, unless a test says otherwise. */
const LONG_AGO = 1_700_000_000

/** A database file and its log, both written long ago. */
function scene({ logged = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'license-stamp-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'license.db')
  const state = { exists: true }
  function write(name: string, content: string, at = LONG_AGO): void {
    appendFileSync(name, content)
    utimesSync(name, at, at)
  }
  write(path, 'main')
  if (logged) write(`${path}-wal`, 'log')
  return { path, log: `${path}-wal`, state, write, stamp: createFileStamp(path, () => state.exists) }
}

it('is the same while nobody writes', () => {
  const { stamp } = scene()
  expect(stamp.mark()).toEqual(expect.any(String))
  expect(stamp.mark()).toBe(stamp.mark())
  expect(stamp.believedFor).toBe(300_000)
})

it.each<[string, (files: ReturnType<typeof scene>) => void]>([
  ['the log has grown', ({ log, write }) => write(log, 'more')],
  ['the log was written over', ({ log }) => utimesSync(log, LONG_AGO, LONG_AGO + 1)],
  ['the file was written over', ({ path }) => utimesSync(path, LONG_AGO, LONG_AGO + 1)],
  ['the log was replaced', ({ log, write }) => {
    write(`${log}.new`, 'log')
    renameSync(`${log}.new`, log)
  }],
  ['the log is gone', ({ log }) => rmSync(log)],
])('is another once %s', (_, change) => {
  const files = scene()
  const before = files.stamp.mark()
  change(files)
  expect(files.stamp.mark()).toEqual(expect.any(String))
  expect(files.stamp.mark()).not.toBe(before)
})

it('tells a file with its log from one without', () => {
  const files = scene({ logged: false })
  const before = files.stamp.mark()
  expect(before).toEqual(expect.any(String))
  files.write(files.log, '')
  expect(files.stamp.mark()).not.toBe(before)
})

it.each(['file', 'log'])('is none right after the %s was written, which might be written again within the same instant', (which) => {
  const { path, log, stamp } = scene()
  const clock = vi.spyOn(Date, 'now')
  onTestFinished(() => clock.mockRestore())
  const written = which === 'file' ? path : log
  utimesSync(written, LONG_AGO, LONG_AGO + 50)
  const marks = [-100, -99, 0, 99, 100].map((ms) => {
    clock.mockReturnValue((LONG_AGO + 50) * 1000 + ms)
    return typeof stamp.mark()
  })
  expect(marks).toEqual(['string', 'undefined', 'undefined', 'undefined', 'string'])
})

it.each<[string, (files: ReturnType<typeof scene>) => void]>([
  ['the file is not the one that was opened', ({ state }) => { state.exists = false }],
  ['the file is gone', ({ path }) => rmSync(path)],
  ['a write was missed', ({ stamp }) => stamp.missed()],
])('is none where %s', (_, change) => {
  const files = scene()
  change(files)
  expect(files.stamp.mark()).toBeUndefined()
})
