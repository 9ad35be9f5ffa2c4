import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/* A disk of a few megabytes, in memory (tmpfs), that can be filled, freed and made read-only. */

export interface SmallDisk {
  path: string
  /** Leaves not a byte. */
  fill(): void
  free(): void
  /** Nothing may have a file open for writing meanwhile. */
  setReadOnly(readOnly: boolean): void
  remove(): void
}

function mount(...args: string[]): string | null {
  const { status, stderr, error } = spawnSync('mount', args, { encoding: 'utf8' })
  return status === 0 ? null : (stderr || String(error)).trim()
}

/** Mounts a disk of so many KiB; returns the reason where there can be none. */
export function mountSmallDisk(kib: number): SmallDisk | string {
  const path = mkdtempSync(join(tmpdir(), 'nc-disk-'))
  const refusal = mount('-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', path)
  if (refusal !== null) {
    rmdirSync(path)
    return refusal
  }
  const filler = join(path, 'filler')
  return {
    path,
    fill() {
      const file = openSync(filler, 'a')
      try {
        for (let size = 65_536; size >= 1;) {
          try {
            writeSync(file, Buffer.alloc(size))
          }
          catch (error) {
            if (Object(error).code !== 'ENOSPC') throw error
            size = Math.floor(size / 2)
          }
        }
      }
      finally {
        closeSync(file)
      }
    },
    free: () => rmSync(filler, { force: true }),
    setReadOnly(readOnly) {
      const trouble = mount('-o', `remount,${readOnly ? 'ro' : 'rw'}`, path)
      if (trouble !== null) throw new Error(trouble)
    },
    remove() {
      spawnSync('umount', ['-l', path])
      rmdirSync(path)
    },
  }
}

/** Whether a small disk can be had here; prints the reason where it cannot. */
export function canMount(): boolean {
  const disk = mountSmallDisk(64)
  if (typeof disk === 'string') {
    console.warn(`Skipped: tests of a full disk need to mount one, which needs root: ${disk}`)
    return false
  }
  disk.remove()
  return true
}
