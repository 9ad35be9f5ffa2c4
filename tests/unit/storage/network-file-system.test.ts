import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { networkFileSystemOf } from '../../../server/storage/network-file-system.ts'

/** Tells a type for one folder, and that there is nothing elsewhere. */
const onlyAt = (folder: string, type: number) => (path: string) => {
  if (path !== folder) throw new Error('ENOENT')
  return { type }
}

describe.runIf(process.platform === 'linux')('a file system that other machines can be on', () => {
  it.each([
    [0x6969, 'NFS'], [0xff534d42, 'CIFS'], [0xfe534d42, 'SMB'], [0x65735546, 'FUSE'],
    // As 32 bits with a sign, which some machines have.
    [0xff534d42 | 0, 'CIFS'],
  ])('%i is %s', (type, name) => {
    expect(networkFileSystemOf('/data/license.db', () => ({ type }))).toBe(name)
  })

  it('counts also where file and folder are yet to be made', () => {
    expect(networkFileSystemOf('/mnt/a/b/license.db', onlyAt('/mnt', 0x6969))).toBe('NFS')
  })

  it.each([['ext4', 0xef53], ['overlay', 0x794c7630], ['tmpfs', 0x01021994], ['xfs', 0x58465342]])('%s is none', (_name, type) => {
    expect(networkFileSystemOf('/data/license.db', () => ({ type }))).toBeNull()
  })

  it('is not seen where nothing can be asked', () => {
    expect(networkFileSystemOf('/data/license.db', onlyAt('/elsewhere', 0x6969))).toBeNull()
  })

  it('asks the machine itself: a folder for temporary files is local, and /proc is no disk', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nc-statfs-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    expect(networkFileSystemOf(join(folder, 'none', 'license.db'))).toBeNull()
    expect(networkFileSystemOf('/proc/self/license.db')).toBeNull()
  })
})
