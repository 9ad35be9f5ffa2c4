import { existsSync, globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findOrInstall } from './debian-packages.ts'

/* A wall clock that can be set while a process runs (github.com/wolfcw/libfaketime); its uptime and its timers go on. */

const PLACES = ['/usr/lib/*/faketime/libfaketimeMT.so.1', '/usr/lib*/faketime/libfaketimeMT.so.1', '/usr/local/lib/faketime/libfaketimeMT.so.1']

export interface FakeClock {
  /** The environment of the process that is to live by this clock. */
  readonly env: Record<string, string>
  /** Makes it wrong by so many seconds from now on. */
  setOffset(seconds: number): void
  /** Makes it show that moment now. */
  setTo(moment: string): void
  remove(): void
}

const find = () => PLACES.flatMap(place => globSync(place)).find(path => existsSync(path))

/** Path of the library, installed if need be. Undefined, with the reason printed, where it cannot be had. */
export function findFaketime(): string | undefined {
  return findOrInstall('faketime', find)
}

/** A clock that is right until it is set, for processes that load the library. */
export function createFakeClock(library: string): FakeClock {
  const folder = mkdtempSync(join(tmpdir(), 'nc-clock-'))
  const file = join(folder, 'offset')
  function setOffset(seconds: number): void {
    // At once: an empty file, read between two steps, would end the process. A number without sign would be a date.
    writeFileSync(`${file}.next`, `${seconds < 0 ? '-' : '+'}${Math.abs(Math.round(seconds))}\n`)
    renameSync(`${file}.next`, file)
  }
  setOffset(0)
  return {
    env: {
      LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    setOffset,
    setTo: moment => setOffset((Date.parse(moment) - Date.now()) / 1000),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
