import { spawnSync } from 'node:child_process'
import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/* Files that refuse every write, also by a process that has them open: the immutable attribute (ioctl_iflags(2)) on ext4. */

/** Makes files refuse writes, or take them again. Throws where the file system knows no such thing. */
export function setFrozen(paths: string[], frozen: boolean): void {
  const { status, stderr, error } = spawnSync('chattr', [frozen ? '+i' : '-i', ...paths], { encoding: 'utf8' })
  if (status !== 0) throw new Error((stderr || String(error)).trim())
}

/** Whether files can be frozen here, found by trying; prints the reason where they cannot. */
export function canFreeze(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'nc-frozen-'))
  const path = join(folder, 'file')
  appendFileSync(path, 'x')
  const file = openSync(path, 'a')
  try {
    setFrozen([path], true)
    const refused = refusesWrites(file)
    setFrozen([path], false)
    if (!refused) console.warn('Skipped: a file that refuses writes while it is open needs ext4 for the temporary folder.')
    return refused
  }
  catch (cause) {
    console.warn(`Skipped: a file that refuses writes while it is open needs root and chattr: ${cause}`)
    return false
  }
  finally {
    closeSync(file)
    rmSync(folder, { recursive: true, force: true })
  }
}

function refusesWrites(file: number): boolean {
  try {
    writeSync(file, 'x')
    return false
  }
  catch {
    return true
  }
}
