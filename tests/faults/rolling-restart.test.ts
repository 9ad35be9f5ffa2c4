import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createApiClient } from '../support/api-client.ts'
import { startForeignApplication, startReverseProxy } from '../support/network/reverse-proxy.ts'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import type { Product } from '../support/product-process.ts'
import { freePort } from '../support/free-port.ts'
import { ADMIN, SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import { sleep, startOwnLicenseServer, until } from '../support/stand.ts'
import { tally } from '../support/tally.ts'

/*
 * Replicas behind nginx are restarted one after the other, as an upgrade does it, while hosts and people go on asking. With UPGRADE_FROM,
 * the server's entry in the output of an earlier version, they begin as that one.
 */

const EARLIER = process.env.UPGRADE_FROM

const isEntitled = (body: string) => Object(JSON.parse(body)).entitled === true

let server: PostgresServer
beforeAll(async () => { server = await startPostgres() }, 120_000)
afterAll(() => server.remove(), 60_000)

it('F91: replicas are restarted in turn, twice, under load: no request fails at the proxy, and nobody is signed out', async () => {
  const licenseServer = await startOwnLicenseServer()
  const foreign = await startForeignApplication()
  onTestFinished(() => foreign.stop())
  const [port, ...ports] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const env = { DATABASE_URL: await server.createDatabase(), NC_PUBLIC_URL: `http://127.0.0.1:${port}/license/`, NC_TRUST_PROXY: '127.0.0.1' }
  const start = (at: number, entry?: string) => startProduct({ licenseServerUrl: licenseServer.url, env, port: at, ...(entry ? { entry } : {}) })
  const replicas: Product[] = []
  for (const at of ports) replicas.push(await start(at, EARLIER))
  onTestFinished(async () => { for (const replica of replicas) await replica.dispose() })
  const [panelPort = 0, ...replicaPorts] = ports
  const proxy = await startReverseProxy({
    program: 'nginx', port, panelPort, replicaPorts, foreignUrl: foreign.url, basePath: '/license/', strips: false,
  })
  onTestFinished(() => proxy.stop())

  const person = createApiClient(proxy.url)
  expect((await person.request('POST', '/api/auth/login', ADMIN)).status).toBe(200)
  expect((await person.save('nc_demo_standard')).status).toBe(200)
  const serviceToken = { authorization: `Bearer ${SERVICE_TOKEN}` }
  for (const { url } of replicas) {
    await until('each replica knows', async () => isEntitled(await (await fetch(`${url}/license/api/entitlements`, { headers: serviceToken })).text()), 2000)
  }
  const wrong: string[] = []
  let [asked, going] = [0, true]
  async function ask(path: string, headers: Record<string, string>, fits: (body: string) => boolean): Promise<void> {
    while (going) {
      const [status, body] = await fetch(proxy.url + path, { headers })
        .then(async response => [response.status, await response.text()] as const, (error: unknown) => [0, String(error)] as const)
      asked++
      if (status !== 200 || !fits(body)) wrong.push(`${path}: ${status} ${body}`.slice(0, 300))
    }
  }
  const load = [
    ...Array.from({ length: 4 }, () => ask('/api/entitlements', serviceToken, isEntitled)),
    ...Array.from({ length: 2 }, () => ask('/api/license', { cookie: person.cookie }, isEntitled)),
    ask('/admin/license', { cookie: person.cookie }, body => body.includes('data-state="active"')),
  ]
  for (const round of [0, 1]) {
    for (const [index, replica] of replicas.entries()) {
      expect(await replica.stop(), `${round}`).toBe(0)
      replicas[index] = await start(replica.port)
      await sleep(500)
    }
  }
  going = false
  await Promise.all(load)
  expect(wrong.slice(0, 5)).toEqual([])
  expect((await person.license()).state).toBe('active')
  expect(await licenseServer.control.forks()).toEqual([])
  expect(asked).toBeGreaterThan(200)
  tally({ row: 'F91', tried: asked })
})
