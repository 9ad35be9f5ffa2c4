import type { Storage } from '../../server/storage/open.ts'

/** A kind of database: where to make a new, empty one for every test. */
export interface Backend { freshUrl(): Promise<string> }

/** What the contract's tests work with. Everything they open is closed after them. */
export interface Bench {
  /** A storage on a new database. */
  open(): Promise<Storage>
  /** As many storages on one new database, as replicas have it. */
  openShared(count: number): Promise<Storage[]>
}
