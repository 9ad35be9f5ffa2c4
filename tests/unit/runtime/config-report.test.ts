import { constants, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { checkConfiguration } from '../../../server/runtime/config-report.ts'
import { makeFolder } from './configuring.ts'

/* Tests often run as root, whom no file system refuses anything: here one does. */
const { refused } = vi.hoisted(() => ({ refused: new Map<string, number>() }))
vi.mock('node:fs', async importOriginal => ({
  ...await importOriginal<object>(),
  accessSync(path: string, mode: number) {
    if (mode & (refused.get(path) ?? 0)) throw Object.assign(new Error(`${path}: permission denied`), { code: 'EACCES' })
  },
}))
beforeEach(() => refused.clear())

const UNUSABLE = 'the file or its folder is not both readable and writable'
const RIGHTS = { read: constants.R_OK, write: constants.W_OK, enter: constants.X_OK }
type Refusal = { of: (file: string) => string, right: keyof typeof RIGHTS } | null

const file = (path: string) => path
const folder = (path: string) => dirname(path)

function databaseLine(path: string, refusal: Refusal): { ok: boolean, line: string | undefined } {
  if (refusal) refused.set(refusal.of(path), RIGHTS[refusal.right])
  const { ok, lines } = checkConfiguration({ DATABASE_URL: `file:${path}` })
  expect(lines.at(-1)).toBe(ok ? 'The configuration can be used.' : 'The server would not start.')
  return { ok, line: lines.find(line => line.startsWith('Database: '))?.replace(path, '<path>') }
}

it.each<[string, Refusal, boolean, string]>([
  ['can be used', null, true, 'SQLite, <path>'],
  ['cannot be used if it may not be read', { of: file, right: 'read' }, false, `SQLite, <path>: ${UNUSABLE}`],
  ['cannot be used if it may not be written', { of: file, right: 'write' }, false, `SQLite, <path>: ${UNUSABLE}`],
  ['cannot be used if nothing may be made beside it', { of: folder, right: 'write' }, false, `SQLite, <path>: ${UNUSABLE}`],
  ['cannot be used if its folder may not be entered', { of: folder, right: 'enter' }, false, `SQLite, <path>: ${UNUSABLE}`],
])('F87: a database that is there %s', (_what, refusal, ok, line) => {
  const path = join(makeFolder(), 'license.db')
  writeFileSync(path, '')
  expect(databaseLine(path, refusal)).toEqual({ ok, line: `Database: ${line}` })
})

it.each([[[]], [['not-there']], [['not-there', 'nor-there']]])(
  'F87: a database that is not there yet can be made if its folder may be written, or the nearest one above: %j', (folders) => {
    const base = makeFolder()
    const path = join(base, ...folders, 'license.db')
    expect(databaseLine(path, null)).toEqual({ ok: true, line: 'Database: SQLite, <path>, which will be created' })
    for (const right of ['write', 'enter'] as const) {
      const line = `Database: SQLite, <path>: it cannot be created in ${base}`
      expect(databaseLine(path, { of: () => base, right }), right).toEqual({ ok: false, line })
    }
  })
