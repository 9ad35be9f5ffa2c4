import { accessSync, closeSync, constants, existsSync, fstatSync, mkdirSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileGoneError } from './storage-cause.ts'
import { StorageOpenError } from './storage-error.ts'

/** Marks every database file of ours: "NCLA" at offset 68 of the header (sqlite.org/fileformat.html). */
export const APPLICATION_ID = 0x4e434c41
const MAGIC = 'SQLite format 3\0'
const HEADER_LENGTH = 100
const PAGE_SIZE_OFFSET = 16
const WRITE_VERSION_OFFSET = 18
const WRITE_AHEAD_LOG = 2
const APPLICATION_ID_OFFSET = 68
const RESERVED_OFFSET = 72
const RESERVED_LENGTH = 20
/** Bytes; more than the largest save writes. */
const TRIAL_SIZE = 262_144

/** The absolute path of a `file:` URL; a relative one starts from `baseDir`. Throws `StorageOpenError`. */
export function toDatabasePath(url: string, baseDir: string): string {
  const path = url.slice('file:'.length)
  if (path === '' || path.endsWith('/') || /[?#\0]/.test(path)) {
    throw new StorageOpenError('The database address must be file: followed by the path of a file, without parameters.')
  }
  try {
    return path.startsWith('//') ? fileURLToPath(url) : resolve(baseDir, decodeURIComponent(path))
  } catch (cause) {
    throw new StorageOpenError('The database address is not a file: URL that names a path on this machine.', { cause })
  }
}

/** Creates the file, empty and readable by nobody else, and its folder; false if the file exists. Throws `StorageOpenError`. */
export function createIfMissing(path: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // Not left to SQLite: the file's mode would follow the umask, and another start might take the file for its own.
    closeSync(openSync(path, 'wx', 0o600))
    return true
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false
    throw new StorageOpenError(`The database file ${path} cannot be created (${describe(cause)}).`, { cause })
  }
}

/**
 * Inspects the file's header without SQLite, which might already change the file. Tells whether it is empty, and whether it uses
 * a write-ahead log; throws `StorageOpenError` unless it is empty or ours.
 */
export function requireOurFile(path: string): { empty: boolean, logged: boolean } {
  const { size, header } = readHeader(path)
  if (size === 0) return { empty: true, logged: false }
  if (header.length < HEADER_LENGTH || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new StorageOpenError(`The file ${path} is not a database, or is damaged; it was left as it is.`)
  }
  if (header.readUInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) {
    throw new StorageOpenError(`The database file ${path} belongs to another program; it was left as it is.`)
  }
  // SQLite checks neither these bytes, which are zero in a sound header, nor a last page that was cut short. While there is a log
  // or a journal, though, that page may be whole in it (the disk filled up during a copy).
  const reserved = header.subarray(RESERVED_OFFSET, RESERVED_OFFSET + RESERVED_LENGTH)
  const cut = size % toPageSize(header.readUInt16BE(PAGE_SIZE_OFFSET)) !== 0
    && !existsSync(`${path}-wal`) && !existsSync(`${path}-journal`)
  if (cut || reserved.some(byte => byte !== 0)) throw damaged(path)
  return { empty: false, logged: header[WRITE_VERSION_OFFSET] === WRITE_AHEAD_LOG }
}

/** 65,536 does not fit the header's two bytes and is written as 1. Anything but a power of two is left to SQLite. */
function toPageSize(field: number): number {
  return field === 1 ? 65_536 : Math.max(field, 1)
}

function readHeader(path: string): { size: number, header: Buffer } {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new StorageOpenError(`The database file ${path} is not a regular file.`)
    const header = Buffer.alloc(HEADER_LENGTH)
    return { size: stat.size, header: header.subarray(0, readSync(file, header, 0, HEADER_LENGTH, 0)) }
  } catch (cause) {
    if (cause instanceof StorageOpenError) throw cause
    throw new StorageOpenError(`The database file ${path} cannot be read (${describe(cause)}).`, { cause })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

export function damaged(path: string, cause?: unknown): StorageOpenError {
  return new StorageOpenError(
    `The database file ${path} is damaged; it was left as it is: restore it from a backup.`, { cause },
  )
}

export function withoutItsLog(path: string): StorageOpenError {
  return new StorageOpenError(
    `The database file ${path} was copied without ${path}-wal, which held everything that had been stored, and was left as it is: `
    + 'restore both files, copied while the server was stopped, or, if no license was ever activated here, delete it.',
  )
}

/** Whether the disk of that file has room for a few saves. Tries it, because no figure shows a quota. */
export function hasRoomBeside(path: string): boolean {
  const trial = `${path}-room`
  try {
    writeFileSync(trial, Buffer.alloc(TRIAL_SIZE), { mode: 0o600 })
    return true
  } catch {
    return false
  } finally {
    rmSync(trial, { force: true })
  }
}

/** Whether the file exists and can only be read, as after its disk was remounted. */
export function isReadOnlyFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
  } catch {
    return false
  }
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch {
    return true
  }
}

/**
 * Remembers which file the path leads to right after it was opened. The check throws `FileGoneError` if it leads to another one
 * or to none. An open file keeps its inode number, so no other file can have it.
 */
export function rememberFile(path: string): () => void {
  const opened = identify(path)
  return () => {
    const found = identify(path)
    if (found !== opened && found !== UNKNOWN && opened !== UNKNOWN) throw new FileGoneError(path)
  }
}

const UNKNOWN = 'unknown'

/** Does not open the file: closing it again would drop the locks that SQLite holds in this process. */
function identify(path: string): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR') ? 'none' : UNKNOWN
  }
}

/** A system error in a few words, for the operator. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
