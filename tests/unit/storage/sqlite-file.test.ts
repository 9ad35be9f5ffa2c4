import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import {
  APPLICATION_ID, createIfMissing, damaged, describe as describeError, hasRoomBeside, isReadOnlyFile, rememberFile, requireOurFile,
  toDatabasePath, withoutItsLog,
} from '../../../server/storage/sqlite-file.ts'
import { FileGoneError } from '../../../server/storage/storage-cause.ts'
import { StorageOpenError } from '../../../server/storage/storage-error.ts'

/** What the system answers instead of what is so: for this, root would have to be somebody else. */
const system = vi.hoisted((): { denied: number[], unreadable: boolean } => ({ denied: [], unreadable: false }))
vi.mock(import('node:fs'), async (original) => {
  const real = await original()
  const refused = (code: string) => Object.assign(new Error(`${code}: not now`), { code })
  const accessSync: typeof real.accessSync = (path, mode) => {
    if (system.denied.includes(Number(mode))) throw refused('EACCES')
    real.accessSync(path, mode)
  }
  const statSync = new Proxy(real.statSync, {
    apply(target, self, parameters) {
      if (system.unreadable) throw refused('EIO')
      return Reflect.apply(target, self, parameters)
    },
  })
  return { ...real, accessSync, statSync }
})
afterEach(() => { Object.assign(system, { denied: [], unreadable: false }) })

const folder = fs.mkdtempSync(join(tmpdir(), 'license-sqlite-file-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))
let count = 0
const freshPath = () => join(folder, `${++count}.db`)

function made(...statements: string[]): string {
  const path = freshPath()
  const database = new DatabaseSync(path)
  for (const statement of [...statements, `pragma application_id = ${APPLICATION_ID}`, 'create table t (id integer)']) database.exec(statement)
  database.close()
  return path
}
function patched(path: string, offset: number, byte: number): string {
  const content = fs.readFileSync(path)
  content[offset] = byte
  fs.writeFileSync(path, content)
  return path
}
function failureOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it did not fail')
}

describe('an address', () => {
  it.each(['file:', 'file:/data/', 'file:a.db?mode=ro', 'file:a.db#x', 'file:a\0.db'])('%j must be a path alone', (url) => {
    expect(failureOf(() => toDatabasePath(url, '/data'))).toEqual(
      new StorageOpenError('The database address must be file: followed by the path of a file, without parameters.'))
  })

  it.each(['file:100%.db', 'file://elsewhere/a.db'])('%j must name a path of this machine', (url) => {
    const error = failureOf(() => toDatabasePath(url, '/data'))
    expect(error.message).toBe('The database address is not a file: URL that names a path on this machine.')
    expect([error instanceof StorageOpenError, error.cause instanceof Error]).toEqual([true, true])
  })
})

describe('a file that is made if it is missing', () => {
  it('is made once', () => {
    const path = freshPath()
    expect([createIfMissing(path), createIfMissing(path)]).toEqual([true, false])
  })

  it('says why it cannot be', () => {
    const path = join(made(), 'sub', 'license.db')
    const error = failureOf(() => createIfMissing(path))
    expect(error.message).toMatch(new RegExp(`^The database file ${path} cannot be created \\(ENOTDIR: .+\\)\\.$`))
    expect([error instanceof StorageOpenError, Object(error.cause).code]).toEqual([true, 'ENOTDIR'])
  })
})

describe('the header of a file', () => {
  it('tells an empty one, one of ours, and one with a write-ahead log', () => {
    const path = freshPath()
    createIfMissing(path)
    expect(requireOurFile(path)).toEqual({ empty: true, logged: false })
    expect(requireOurFile(made())).toEqual({ empty: false, logged: false })
    expect(requireOurFile(made('pragma journal_mode = wal'))).toEqual({ empty: false, logged: true })
  })

  it('cannot be read of what is no file, nor of what is not there', () => {
    expect(failureOf(() => requireOurFile(folder))).toEqual(new StorageOpenError(`The database file ${folder} is not a regular file.`))
    const path = freshPath()
    const error = failureOf(() => requireOurFile(path))
    expect(error.message).toMatch(new RegExp(`^The database file ${path} cannot be read \\(ENOENT: .+\\)\\.$`))
    expect([error instanceof StorageOpenError, Object(error.cause).code]).toEqual([true, 'ENOENT'])
  })

  it.each([72, 91])('is damaged by a byte %i that is not zero, which SQLite would not notice', (offset) => {
    const path = patched(made(), offset, 1)
    expect(failureOf(() => requireOurFile(path))).toEqual(damaged(path))
  })

  it('may be anything behind those', () => {
    expect(requireOurFile(patched(made(), 92, 1))).toEqual({ empty: false, logged: false })
  })

  it.each([['4096', 'wal'], ['4096', 'journal'], ['65536', 'wal']])('tells a last page of %s bytes that was cut short, unless it may be whole in the -%s', (size, beside) => {
    const path = made(`pragma page_size = ${size}`)
    fs.truncateSync(path, fs.statSync(path).size - 1)
    expect(failureOf(() => requireOurFile(path))).toEqual(damaged(path))
    fs.writeFileSync(`${path}-${beside}`, '')
    expect(requireOurFile(path)).toEqual({ empty: false, logged: false })
  })

  it('is read without leaving the file open', () => {
    const path = made()
    const open = () => fs.readdirSync('/proc/self/fd').length
    const before = open()
    for (let time = 0; time < 50; time++) requireOurFile(path)
    // What else the process does meanwhile opens a file or two.
    expect(open()).toBeLessThan(before + 25)
  })
})

describe('what an operator is told', () => {
  it('of a damaged file: that it was left, and what SQLite said', () => {
    expect(damaged('/data/license.db', 'why')).toMatchObject({
      message: 'The database file /data/license.db is damaged; it was left as it is: restore it from a backup.', cause: 'why',
    })
  })

  it('of one without its log: what to restore, and when to delete it', () => {
    expect(withoutItsLog('/data/license.db').message).toBe('The database file /data/license.db was copied without /data/license.db-wal, '
      + 'which held everything that had been stored, and was left as it is: restore both files, copied while the server was stopped, '
      + 'or, if no license was ever activated here, delete it.')
  })

  it('of a system error: its words', () => {
    expect([describeError(new Error('EIO: not now')), describeError('odd')]).toEqual(['EIO: not now', 'odd'])
  })
})

describe('room on the disk', () => {
  it('is there if a few saves can be written, of which nothing is left', () => {
    const path = made()
    expect(hasRoomBeside(path)).toBe(true)
    expect(fs.readdirSync(folder).filter(name => join(folder, name).startsWith(path))).toEqual([`${count}.db`])
  })

  it('is not there where nothing can be written', () => {
    expect(hasRoomBeside(join(folder, 'gone', 'license.db'))).toBe(false)
  })
})

describe('a file is read-only', () => {
  it.each([
    ['not if it can be written', [], false],
    ['if it can be read alone', [fs.constants.W_OK], true],
    ['not if it cannot be read either', [fs.constants.R_OK, fs.constants.W_OK], false],
  ])('%s', (_, denied, readOnly) => {
    Object.assign(system, { denied })
    expect(isReadOnlyFile(made())).toBe(readOnly)
  })

  it('not if there is none', () => {
    expect(isReadOnlyFile(freshPath())).toBe(false)
  })
})

describe('a file that was opened', () => {
  function opened() {
    const inside = join(folder, `${++count}`)
    fs.mkdirSync(inside)
    const path = join(inside, 'license.db')
    fs.writeFileSync(path, 'one')
    return { inside, path, requireFile: rememberFile(path) }
  }

  it.each<[string, (file: { inside: string, path: string }) => void]>([
    ['was moved away', ({ path }) => fs.renameSync(path, `${path}.gone`)],
    ['was replaced', ({ path }) => {
      fs.writeFileSync(`${path}.new`, 'two')
      fs.renameSync(`${path}.new`, path)
    }],
    ['was lost with its folder, where a file is now', ({ inside }) => {
      fs.renameSync(inside, `${inside}.gone`)
      fs.writeFileSync(inside, '')
    }],
  ])('is another once it %s', (_, change) => {
    const file = opened()
    file.requireFile()
    change(file)
    expect(failureOf(file.requireFile)).toEqual(new FileGoneError(file.path))
  })

  it('is the same when it has been written', () => {
    const { path, requireFile } = opened()
    fs.appendFileSync(path, 'more')
    expect(requireFile).not.toThrow()
  })

  it('is not said to be another while the system does not say, now or at first', () => {
    const { path, requireFile } = opened()
    system.unreadable = true
    expect(requireFile).not.toThrow()
    const fromThen = rememberFile(path)
    system.unreadable = false
    expect(fromThen).not.toThrow()
  })
})
