import type { Log } from '../license/ports.ts'

/** How often it looks, ms: a process stores trusted time at least once a minute, and with it the boot of its machine. */
export const LOOK_EVERY = 60_000

export interface SharedFileWatchOptions {
  /** The boot that the database was last written in; null before anybody has. */
  stored: () => Promise<string | null>
  /** The boot of this machine; null where it has no name. */
  own: () => string | null
  location: string
  log: Pick<Log, 'warn'>
}

export interface SharedFileWatch {
  /** Rejects with what the database does. */
  look(): Promise<void>
}

/**
 * Notices that another machine writes to the same SQLite file: one that had been written in this boot of ours has since been written in
 * another. The log warns once.
 */
export function createSharedFileWatch({ stored, own, location, log }: SharedFileWatchOptions): SharedFileWatch {
  let ours: string | null = null
  let told = false
  return {
    async look() {
      const boot = own()
      if (boot === null) return
      const found = await stored()
      if (found === boot) ours = boot
      if (told || found === null || found === boot || ours !== boot) return
      told = true
      log.warn('another machine writes to the same SQLite file, where locks do not hold and data can be lost: run one server on it, or use PostgreSQL', { location })
    },
  }
}
