import type { Storage } from '../storage/open.ts'

/** Who scrapes waits no longer than this for a database that says nothing. */
const PATIENCE = 1_000

/** Whether the database answers now. */
export async function isStorageUp(storage: Pick<Storage, 'ping'> | undefined): Promise<boolean> {
  if (!storage) return false
  const late = new Promise<boolean>((resolve) => {
    setTimeout(resolve, PATIENCE, false).unref()
  })
  return Promise.race([storage.ping().then(() => true, () => false), late])
}
