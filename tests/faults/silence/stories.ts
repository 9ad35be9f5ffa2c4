import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { AUDIENCE, ISSUER, TYP } from '../../../server/license/claims.ts'
import { startLicenseServer } from '../../support/vendor/vendor-process.ts'
import { mintWithFastJwt } from '../hostile/mint.ts'
import type { Traffic } from './counters.ts'
import { readTraffic, sentBetween } from './counters.ts'
import type { ProductOnSocket } from './product-on-socket.ts'
import { newDataDir, startOnSocket } from './product-on-socket.ts'

/* Run in a network namespace of its own (network-silence.test.ts); prints, as JSON, what each story sent and saw. */

export interface Told { sent: Traffic, states: string[], connections: number, steps: number }

const DAY = 86_400
let seq = 1000

function tokenFor(instanceId: string, seconds: number): string {
  const now = Math.floor(Date.now() / 1000)
  return mintWithFastJwt({
    iss: ISSUER, aud: AUDIENCE, sub: 'lic_silence', jti: randomUUID(), iat: now - 60, exp: now + seconds, seq: ++seq, instance_id: instanceId,
    method: 'offline', plan: 'enterprise', licensee: { organization: 'Acme' }, features: ['sso'], seats: 25,
  }, TYP.offline)
}

/** Whom the product believes to be its license server: counts who connects. */
async function listen(): Promise<{ url: string, connections(): number, close(): void }> {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => undefined).destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${Object(server.address()).port}`, connections: () => connections, close: () => server.close() }
}

const stateOf = async (product: ProductOnSocket) => String((await product.ask('GET', '/api/license')).body.state)
const instanceOf = async (product: ProductOnSocket) => String((await product.ask('GET', '/api/license')).body.instanceId)

/** Asks, and requires that very answer: what breaks on its way is silent as well. */
async function askFor(status: number, product: ProductOnSocket, method: string, path: string, body?: unknown): Promise<void> {
  const answer = await product.ask(method, path, body)
  if (answer.status !== status) throw new Error(`${method} ${path} was answered ${answer.status} in place of ${status}: ${JSON.stringify(answer.body)}`)
}

async function everything(product: ProductOnSocket): Promise<void> {
  const paths = ['/api/license/events', '/api/license/events/export', '/api/license/check-ins', '/api/license/support-bundle', '/api/license/activation-request', '/api/license/outbound', '/admin/license']
  for (const path of paths) await askFor(200, product, 'GET', path)
  await askFor(200, product, 'POST', '/api/license/diagnostics', {})
  await askFor(200, product, 'POST', '/api/license/what-if', {})
  await askFor(409, product, 'POST', '/api/license/check-in', {})
}

async function untilState(product: ProductOnSocket, wanted: string): Promise<void> {
  for (let tries = 0; tries < 600 && await stateOf(product) !== wanted; tries++) await sleep(50)
}

/** A life of an offline license: every state that one can be in, every button, restarts and a crash. */
async function offline(serverUrl: string | undefined): Promise<Told> {
  const listener = await listen()
  const dataDir = newDataDir()
  const env = { NC_LICENSE_SERVER_URL: serverUrl ?? listener.url }
  const before = readTraffic()
  const states: string[] = []
  let steps = 0
  let product = await startOnSocket(dataDir, env)
  await product.signIn()
  const instanceId = await instanceOf(product)
  const note = async () => {
    states.push(await stateOf(product))
    await everything(product)
    steps++
  }
  // First so short that it ends; then for a year.
  for (const seconds of [15, 365 * DAY]) {
    await askFor(200, product, 'POST', '/api/license/preview', { credential: tokenFor(instanceId, seconds) })
    await askFor(200, product, 'PUT', '/api/license', { credential: tokenFor(instanceId, seconds) })
    await note()
    if (seconds >= DAY) continue
    await untilState(product, 'expired')
    await note()
  }
  await askFor(422, product, 'PUT', '/api/license', { credential: tokenFor('f'.repeat(32), DAY) })
  for (const end of ['stop', 'kill'] as const) {
    await product[end]()
    product = await startOnSocket(dataDir, env)
    await product.signIn()
    await note()
    await sleep(1500)
  }
  await askFor(200, product, 'DELETE', '/api/license', {})
  // Without a license, diagnostics may prove the way to the license server; nothing else is asked of it.
  states.push(await stateOf(product))
  await product.stop()
  product = await startOnSocket(dataDir, { ...env, NC_LICENSE_KEY: tokenFor(instanceId, 60 * DAY) })
  await product.signIn()
  await untilState(product, 'active')
  await note()
  await product.stop()
  listener.close()
  rmSync(dataDir, { recursive: true, force: true })
  return { sent: sentBetween(before, readTraffic()), states, connections: listener.connections(), steps }
}

/** The counter-proof: a key in place of the token, and there are packets. */
async function standardKey(): Promise<Told> {
  const listener = await listen()
  const dataDir = newDataDir()
  const before = readTraffic()
  const product = await startOnSocket(dataDir, { NC_LICENSE_SERVER_URL: listener.url })
  await product.signIn()
  await askFor(502, product, 'PUT', '/api/license', { credential: 'nc_demo_standard' })
  const states = [await stateOf(product)]
  await product.stop()
  listener.close()
  rmSync(dataDir, { recursive: true, force: true })
  return { sent: sentBetween(before, readTraffic()), states, connections: listener.connections(), steps: 1 }
}

/** Activated once, more than 30 days before its end; then ten restarts, half of them after a crash. */
async function airgapped(): Promise<Told & { requests: string[] }> {
  const licenseServer = await startLicenseServer()
  const dataDir = newDataDir()
  const env = { NC_LICENSE_SERVER_URL: licenseServer.url }
  let product = await startOnSocket(dataDir, env)
  await product.signIn()
  await askFor(200, product, 'PUT', '/api/license', { credential: 'nc_ag_demo_airgapped' })
  const requests = (await licenseServer.control.requests()).map(({ path }) => path)
  await licenseServer.stop()
  // What ends the connections of that goes out now.
  await sleep(1000)
  const before = readTraffic()
  const states = [await stateOf(product)]
  for (let nth = 0; nth < 10; nth++) {
    await (nth % 2 === 0 ? product.stop() : product.kill())
    product = await startOnSocket(dataDir, env)
    await product.signIn()
    states.push(await stateOf(product))
    await sleep(300)
  }
  await askFor(200, product, 'GET', '/api/license/support-bundle')
  await product.stop()
  rmSync(dataDir, { recursive: true, force: true })
  return { sent: sentBetween(before, readTraffic()), states, connections: 0, steps: 10, requests }
}

process.stdout.write(`${JSON.stringify({
  withListener: await offline(undefined), withRealAddress: await offline('https://app.nocodb.com'),
  standardKey: await standardKey(), airgapped: await airgapped(),
})}\n`)
process.exit(0)
