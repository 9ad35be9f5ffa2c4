import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { started } from '../support/network/routes.ts'
import { runToEnd } from '../support/run-to-end.ts'
import { signInSoon, startOwnProduct, useStand } from '../support/stand.ts'

const stand = useStand()
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nc-network-'))
  return () => rm(folder, { recursive: true, force: true })
})

const check = (env: Record<string, string>) => runToEnd({ DATABASE_URL: `file:${join(folder, 'none.db')}`, ...env }, 'check', '--network')
const networkLines = (output: string) => output.split('\n').filter(line => /^Network|license server\.?$|license server at/.test(line))

/** A license server that only counts what reaches it. */
async function startCounter(): Promise<{ url: string, calls: () => number }> {
  let calls = 0
  const port = await started(createServer((_request, response) => void response.end('{}')).on('connection', () => calls++))
  return { url: `http://127.0.0.1:${port}`, calls: () => calls }
}

/** Activates a license on a product of its own. Resolves to the URL of its database. */
async function activated(credential: (instanceId: string) => Promise<string>): Promise<string> {
  const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url })
  const client = await signInSoon(product)
  expect((await client.save(await credential((await client.license()).instanceId))).status).toBe(200)
  await product.stop()
  return `file:${product.databaseFile}`
}

describe('check --network', () => {
  it('says that the license server can be reached, with every stage, and writes nothing', async () => {
    const { code, output, files } = await check({ NC_LICENSE_SERVER_URL: stand.licenseServer.url })
    expect(code, output).toBe(0)
    expect(networkLines(output).map(line => line.replace(/, \d+ ms/, ''))).toEqual([
      'Network, configuration: ok', 'Network, tcp: ok', 'Network, http: ok', 'Network, clock: ok',
      `This server can reach the license server at 127.0.0.1:${stand.licenseServer.port}`.concat('.'),
    ])
    expect(files).toEqual([])
  })

  it('names the cause and what helps where it cannot, and ends with 1', async () => {
    const { code, output } = await check({ NC_LICENSE_SERVER_URL: 'https://127.0.0.1:9' })
    expect(code).toBe(1)
    expect(output).toMatch(/^Network, tcp: failed, NCL-202 \(refused\)\. The connection to 127\.0\.0\.1 on port 9, as set in NC_LICENSE_SERVER_URL, was refused\. /m)
    expect(networkLines(output)).toContain('Network, tls: not reached')
    expect(output).toMatch(/Something blocks the way to the license server\.$/m)
  })

  it.each([
    ['an offline license', 'offline', async (instanceId: string) => stand.licenseServer.control.issueToken({ instance_id: instanceId })],
    ['an airgapped license', 'airgapped', async () => 'nc_ag_demo_airgapped'],
  ] as const)('sends nothing where %s is stored', async (_what, method, credential) => {
    const [url, counter] = [await activated(credential), await startCounter()]
    const { code, output } = await check({ DATABASE_URL: url, NC_LICENSE_SERVER_URL: counter.url })
    expect(code, output).toBe(0)
    expect(networkLines(output)).toEqual([`Network: nothing tested, because the stored license is ${method} and makes no calls.`])
    expect(counter.calls()).toBe(0)
  })

  it('tries where a standard license is stored', async () => {
    const url = await activated(async () => 'nc_demo_standard')
    expect((await check({ DATABASE_URL: url, NC_LICENSE_SERVER_URL: stand.licenseServer.url })).output).toContain('can reach the license server')
  })

  it('sends nothing where NC_LICENSE_KEY is an offline token', async () => {
    const counter = await startCounter()
    const token = await stand.licenseServer.control.issueToken({ instance_id: 'ab'.repeat(16) })
    const { output } = await check({ NC_LICENSE_KEY: token, NC_LICENSE_SERVER_URL: counter.url })
    expect(networkLines(output)).toEqual(['Network: nothing tested, because NC_LICENSE_KEY holds an offline license, which makes no calls.'])
    expect(counter.calls()).toBe(0)
  })

  it('sends nothing where the database cannot be asked', async () => {
    const counter = await startCounter()
    const { output } = await check({ DATABASE_URL: 'postgres://a:b@127.0.0.1:9/c', NC_LICENSE_SERVER_URL: counter.url })
    expect(networkLines(output)).toEqual([
      'Network: nothing tested, because the database cannot be read (unreachable), so the license may be one that makes no calls.',
    ])
    expect(counter.calls()).toBe(0)
  })

  it('comes after the configuration: what cannot be used is said, and nothing is tried', async () => {
    const counter = await startCounter()
    const { code, output } = await check({ PORT: 'x', NC_LICENSE_SERVER_URL: counter.url })
    expect(code).toBe(1)
    expect(networkLines(output)).toEqual([])
    expect(counter.calls()).toBe(0)
  })
})
