import { expect } from '@playwright/test'
import type { Replica, Storage } from '../../../server/storage/open.ts'
import { openStorage } from '../../../server/storage/open.ts'
import { signIn } from '../../support/api-client.ts'
import { leave, useSession } from '../../support/browser/fixtures.ts'
import { openPath } from '../../support/browser/screen.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import type { Scene, Stage } from '../scene.ts'
import { requireSaved } from '../scene.ts'

/** Ms: often enough to be seen all the time, and after how long somebody is not. */
const TELL_EVERY = 5000
const GONE_AFTER = 30_000

/** How the others differ from the one that is looked at, one of them each. */
type Others = readonly Partial<Replica>[]

/** What the only replica tells of itself, once it does. */
async function tellingOf({ replicas }: Storage): Promise<Replica> {
  const first = async () => (await replicas?.seenWithin(GONE_AFTER))?.[0]
  await expect.poll(first, { timeout: 20_000 }).toBeDefined()
  const told = await first()
  if (!told) throw new Error('the product no longer tells of itself')
  return told
}

/** The page of a product on PostgreSQL, beside others that are there by what they tell of themselves alone. */
async function openAmongOthers(stage: Stage, path: string, others: Others): Promise<void> {
  const { page, launch, atEnd } = stage
  const server = await startPostgres()
  atEnd(() => server.remove())
  const url = await server.createDatabase()
  // On the port of the scene's own product: the page may call no other.
  const product = await launch.restart(stage.product, { DATABASE_URL: url })
  const api = await signIn(product.url)
  await requireSaved(api, 'nc_demo_standard')
  const storage = await openStorage({ url, baseDir: '/' })
  atEnd(() => storage.close())
  // What it told before the save is known to be older.
  const [me, { state, revision }] = [await tellingOf(storage), await api.license()]
  const tell = async () => {
    const { version, commit, started, keyDigest } = me
    for (const [at, other] of others.entries()) {
      const id = `panel-${at + 2}-9a3b`
      await storage.replicas?.tell({ id, version, commit, started: started + 1000 + at, state, revision, keyDigest, ...other }, GONE_AFTER)
    }
  }
  await tell()
  const telling = setInterval(() => void tell().catch(() => undefined), TELL_EVERY)
  atEnd(() => clearInterval(telling))
  // Before the database goes: a page that stays open would complain about that.
  atEnd(() => leave(page))
  await useSession(page, product, api)
  await openPath(page, product, path)
}

const OTHER_VERSION: Others = [{}, { version: '0.9.0', commit: '7d21e84' }]
const EVERYTHING: Others = [{ version: '0.9.0', commit: '7d21e84', keyDigest: 'another' }, { state: 'grace' }]

async function expectDisagreement({ page }: Stage, about: string): Promise<void> {
  await expect(page.getByTestId('replicas-disagree')).toHaveAttribute('data-about', about)
}

export const REPLICA_SCENES: readonly Scene[] = [
  {
    name: 'replicas-agreed',
    async prepare(stage) {
      await openAmongOthers(stage, '/admin/diagnostics#replicas', [{}, {}])
      await expect(stage.page.getByRole('region', { name: 'Replicas' }).getByRole('listitem')).toHaveCount(3)
    },
  },
  {
    name: 'replicas-disagree',
    async prepare(stage) {
      await openAmongOthers(stage, '/admin/diagnostics', EVERYTHING)
      await expectDisagreement(stage, 'version NC_LICENSE_KEY state')
    },
  },
  {
    name: 'replicas-license',
    async prepare(stage) {
      await openAmongOthers(stage, '/admin/license', OTHER_VERSION)
      await expectDisagreement(stage, 'version')
    },
  },
]
