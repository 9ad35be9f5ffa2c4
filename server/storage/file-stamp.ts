import { statSync } from 'node:fs'
import type { ChangeHint } from './version-look.ts'

const MINUTE = 60_000
/** Ms within which a file may be written twice without another time of change. */
const GRAIN = 100

/**
 * Tells from the state of a SQLite file and of its write-ahead log that somebody has written, without a statement. `hasFile` says
 * whether the file is still the one that was opened.
 */
export function createFileStamp(path: string, hasFile: () => boolean): ChangeHint {
  let reliable = true
  return {
    believedFor: 5 * MINUTE,
    missed() { reliable = false },
    mark() {
      if (!hasFile() || !reliable) return undefined
      try {
        const files = [path, `${path}-wal`].map(name => statSync(name, { bigint: true, throwIfNoEntry: false }))
        const changed = Math.max(...files.map(file => Number(file?.mtimeMs ?? 0n)))
        if (!files[0] || Math.abs(Date.now() - changed) < GRAIN) return undefined
        return files.map(file => file && `${file.ino} ${file.size} ${file.mtimeNs}`).join(', ')
      } catch {
        // Whoever asks the database now will be told why.
        return undefined
      }
    },
  }
}
