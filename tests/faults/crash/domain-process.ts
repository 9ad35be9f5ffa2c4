import { randomBytes } from 'node:crypto'
import { flushCompileCache } from 'node:module'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { createKeyring } from '../../../server/license/jws.ts'
import { createLicenseService, requireInstallation } from '../../../server/license/service.ts'
import { openStorage } from '../../../server/storage/open.ts'
import { createSystemClock } from '../../../server/runtime/system-clock.ts'
import type { Kind } from './interruptions.ts'
import sandboxKey from '../../license-server/keys/sandbox.jwk.json' with { type: 'json' }
import { standingOf } from './standing.ts'

/*
 * Everything of the product but Nitro: the license service on SQLite, talking to a license server over HTTP. Says where it
 * stands at its start, then saves, checks in and removes without end, and says before each what it begins and after it where it
 * stands, until it is killed.
 */

const [, , databaseUrl, serverUrl, ...keys] = process.argv
if (databaseUrl === undefined || serverUrl === undefined || keys.length === 0) throw new Error('usage: domain-process.ts <database> <server> <key>…')

const { kid, x } = sandboxKey
const storage = await openStorage({ url: databaseUrl, baseDir: '/' })
const silent = () => undefined
const clock = createSystemClock()
const random = { hex: (bytes: number) => randomBytes(bytes).toString('hex'), unit: Math.random }
const { instanceId } = await requireInstallation(storage.licenses, { random, clock })
const license = await createLicenseService({
  store: storage.licenses, instanceId, clock, random,
  server: createLicenseServerClient({ baseUrl: serverUrl, version: '0.0.0', proxyFor: () => '' }),
  keyring: await createKeyring({ keys: [{ kid, kty: 'OKP', crv: 'Ed25519', x }] }),
  log: { info: silent, warn: silent, error: silent },
  version: '0.0.0', sandbox: true, provisioned: null, eventsKeepDays: 400,
  replica: String(process.pid), pause: async () => undefined,
})

function begin(begins: Kind): void {
  process.stdout.write(`${JSON.stringify({ begins })}\n`)
}

async function acknowledge(): Promise<void> {
  const standing = standingOf(license.view('admin'), await license.listEvents({ limit: 60 }))
  process.stdout.write(`${JSON.stringify({ standing })}\n`)
}

await acknowledge()
// Written at the end of a process by itself, but this one never gets there.
flushCompileCache()
license.start()
async function keepTime(): Promise<never> {
  for (;;) {
    const wait = await license.tick()
    await new Promise(resolve => setTimeout(resolve, wait))
  }
}
void keepTime()

const actor = { kind: 'user', email: 'admin@example.com', address: null } as const
for (let nth = Math.floor(Math.random() * 3); ; nth++) {
  const { state } = license.view('admin')
  if (state === 'unlicensed' || nth % 3 === 0) {
    begin('save')
    await license.save({ credential: keys[Math.floor(Math.random() * keys.length)] ?? '', actor })
  }
  else if (nth % 3 === 1) {
    begin('checkIn')
    await license.checkIn(actor)
  }
  else {
    begin('remove')
    await license.remove({ actor })
  }
  await acknowledge()
}
