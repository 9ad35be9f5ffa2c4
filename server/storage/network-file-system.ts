import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'

/** Magic numbers of Linux (statfs(2)) of file systems that several machines can share. */
const SHARED: Readonly<Record<number, string>> = {
  0x6969: 'NFS', 0xff534d42: 'CIFS', 0xfe534d42: 'SMB', 0x517b: 'SMB', 0x65735546: 'FUSE', 0x01021997: '9p', 0x5346414f: 'AFS',
  0x00c36400: 'Ceph', 0x0bd00bd0: 'Lustre', 0x7461636f: 'OCFS2', 0x01161970: 'GFS2', 0x47504653: 'GPFS',
}

/**
 * The kind of file system that a file is on, or will be, if other machines can be on it as well: their locks are not ours, and
 * SQLite's write-ahead log needs shared memory (sqlite.org/wal.html). Null if it is local, or not known.
 */
export function networkFileSystemOf(path: string, statfs: (path: string) => { type: number } = statfsSync): string | null {
  if (process.platform !== 'linux') return null
  try {
    return SHARED[statfs(path).type >>> 0] ?? null
  } catch {
    return path === dirname(path) ? null : networkFileSystemOf(dirname(path), statfs)
  }
}
