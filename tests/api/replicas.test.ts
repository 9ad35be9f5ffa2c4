import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Diagnostics, DiagnosticsAnswer, ReplicasView, SupportBundle } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import type { Product } from '../support/product-process.ts'
import { addViewer, signInSoon, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

let server: PostgresServer
beforeAll(async () => { server = await startPostgres() })
afterAll(() => server.remove())

interface Answer { last: Diagnostics | null, replicas?: ReplicasView }
const replicasSeenBy = async (client: ApiClient) => (await client.request<Answer>('GET', '/api/license/diagnostics')).body.replicas
const bundleOf = async (client: ApiClient) => (await client.request<SupportBundle>('GET', '/api/license/support-bundle')).body
const nameOf = (product: Product) => /"replica":"([^"]+)"/.exec(product.output())?.[1]
/** Each tells of itself every ten seconds. */
const seeing = (client: ApiClient, fits: (replicas: ReplicasView | undefined) => boolean) =>
  until('the replicas are seen', async () => {
    const found = await replicasSeenBy(client)
    return fits(found) && { found }
  })

describe('replicas on one PostgreSQL', () => {
  it('are listed by each, which names itself, with what they disagree about and what to do, until one is left', async () => {
    const { url } = await startOwnLicenseServer()
    const env = { DATABASE_URL: await server.createDatabase() }
    const first = await startOwnProduct({ licenseServerUrl: url, env })
    const admin = await signInSoon(first)
    await admin.save('nc_demo_standard')
    await until('the first has told of itself', async () => (await bundleOf(admin)).replicas?.seen.length === 1)
    expect(await replicasSeenBy(admin)).toBeUndefined()

    const second = await startOwnProduct({ licenseServerUrl: url, env })
    const { found } = await seeing(admin, replicas => replicas?.seen.length === 2)
    expect(found).toMatchObject({
      answeredBy: nameOf(first), disagreeAbout: [], remedy: null, seen: [{ id: nameOf(first), state: 'active' }, { id: nameOf(second), state: 'active' }],
    })
    expect(await replicasSeenBy(await signInSoon(second))).toMatchObject({ answeredBy: nameOf(second) })
    expect(await second.stop()).toBe(0)
    // It has said goodbye: nobody waits until it counts as gone.
    expect(await replicasSeenBy(admin)).toBeUndefined()

    const third = await startOwnProduct({ licenseServerUrl: url, env: { ...env, NC_LICENSE_KEY: 'nc_demo_standard' } })
    await seeing(admin, replicas => replicas?.disagreeAbout.includes('NC_LICENSE_KEY') ?? false)
    const { body: ran } = await admin.request<DiagnosticsAnswer>('POST', '/api/license/diagnostics')
    expect(ran).toMatchObject({ verdict: 'reachable', replicas: { remedy: expect.stringContaining('NC_LICENSE_KEY is not the same on all of them.') } })
    expect((await admin.request<Answer>('GET', '/api/license/diagnostics')).body.last).not.toHaveProperty('replicas')
    const bundle = await bundleOf(admin)
    expect(Object.keys(bundle).slice(0, 3)).toEqual(['format', 'createdAt', 'replicas'])
    expect(bundle.replicas?.disagreeAbout).toContain('NC_LICENSE_KEY')
    expect(await replicasSeenBy(await addViewer(admin, first))).toMatchObject({ seen: [{ id: nameOf(first) }, { id: nameOf(third) }] })
  })

  it('are not mentioned on SQLite', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9' })
    const admin = await signInSoon(product)
    expect((await admin.request<Answer>('GET', '/api/license/diagnostics')).body).toEqual({ last: null })
    expect(await bundleOf(admin)).not.toHaveProperty('replicas')
  })
})
