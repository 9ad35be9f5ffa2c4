import { expect } from '@playwright/test'
import { openStorage } from '../../../server/storage/open.ts'
import type { Replica } from '../../../server/storage/open.ts'
import { signIn } from '../../support/api-client.ts'
import { useSession } from '../../support/browser/fixtures.ts'
import { openPath } from '../../support/browser/screen.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { until } from '../../support/stand.ts'
import type { Scene, Stage } from '../scene.ts'
import { requireSaved } from '../scene.ts'

/** As often as a replica tells of itself. */
const TELL_EVERY = 5000

/** How the others differ from the one that is looked at, one of them each. */
type Others = readonly Partial<Replica>[]

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
  const me = await until('the product has told of itself', async () => (await storage.replicas?.seenWithin(TELL_EVERY * 6))?.[0])
  const tell = async () => {
    for (const [at, other] of others.entries()) await storage.replicas?.tell({ ...me, id: `panel-${at + 2}-9a3b`, started: me.started + 1000 + at, ...other })
  }
  await tell()
  const telling = setInterval(() => void tell().catch(() => undefined), TELL_EVERY)
  atEnd(() => clearInterval(telling))
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
