import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { createApp, defineEventHandler, toNodeListener } from 'h3'
import { exportJWK } from 'jose'
import { AUDIENCE, ISSUER, TYP } from '../../server/license/claims.ts'
import { jwksSchema } from '../../server/license/jwks.ts'
import { createKeyring } from '../../server/license/jws.ts'
import { verifyOfflineToken } from '../../server/license/token.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { ensureSandboxBuild } from '../support/build.ts'
import { SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import { signIn } from '../support/api-client.ts'

/* `npm run bench`: every figure as a ratio to something fixed, measured in the same run; machines are noisy. */

const ROUNDS = 5

/** How much longer the first workload takes than the second: the median over rounds that alternate between them. */
async function ratio(subject: () => Promise<void>, yardstick: () => Promise<void>): Promise<{ ratio: number, yardstickMs: number }> {
  const time = async (work: () => Promise<void>) => {
    const startedAt = performance.now()
    await work()
    return performance.now() - startedAt
  }
  await subject()
  await yardstick()
  const samples: { ratio: number, yardstickMs: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const yardstickMs = await time(yardstick)
    samples.push({ ratio: await time(subject) / yardstickMs, yardstickMs })
  }
  return samples.sort((a, b) => a.ratio - b.ratio)[Math.floor(ROUNDS / 2)] ?? { ratio: NaN, yardstickMs: NaN }
}

async function benchVerification(): Promise<[string, string]> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const jwk = { ...await exportJWK(publicKey), kid: 'bench' }
  const keyring = await createKeyring(jwksSchema.parse({ keys: [jwk] }))
  const now = Math.floor(Date.now() / 1000)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${part({ alg: 'EdDSA', kid: 'bench', typ: TYP.offline })}.${part({
    iss: ISSUER, aud: AUDIENCE, sub: 'lic_bench', jti: 'bench', iat: now, exp: now + 86_400, seq: 1, instance_id: '0'.repeat(32),
    method: 'offline', plan: 'enterprise', licensee: { organization: 'Bench' }, features: ['sso'], seats: null,
  })}`
  const signature = sign(null, Buffer.from(input), privateKey)
  const token = `${input}.${signature.toString('base64url')}`
  const times = 2_000
  const { ratio: measured } = await ratio(
    async () => { for (let i = 0; i < times; i++) await verifyOfflineToken(token, keyring) },
    async () => { for (let i = 0; i < times; i++) verify(null, Buffer.from(input), publicKey, signature) },
  )
  return ['Judging an offline token, against a raw Ed25519 verification', `${measured.toFixed(2)} ×`]
}

async function requestMany(url: string, headers: Record<string, string>, times: number): Promise<void> {
  const worker = async () => {
    for (let i = 0; i < times / 8; i++) await (await fetch(url, { headers })).arrayBuffer()
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

async function benchApi(): Promise<[string, string][]> {
  ensureSandboxBuild()
  const bare = createServer(toNodeListener(createApp().use('/', defineEventHandler(() => ({ ok: true }))))).listen(0, '127.0.0.1')
  await once(bare, 'listening')
  const address = bare.address()
  const bareUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
  const licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  try {
    const admin = await signIn(product.url)
    await admin.save('nc_demo_standard')
    const service = { authorization: `Bearer ${SERVICE_TOKEN}` }
    const rows: [string, string, Record<string, string>][] = [
      ['GET /api/features/sso', '/api/features/sso', service],
      ['GET /api/entitlements', '/api/entitlements', service],
      ['GET /api/license (session)', '/api/license', { cookie: admin.cookie }],
      ['GET /admin/license (page, server-rendered)', '/admin/license', { cookie: admin.cookie }],
    ]
    const results: [string, string][] = []
    for (const [title, path, headers] of rows) {
      const times = path.startsWith('/admin') ? 80 : 800
      const { ratio: measured } = await ratio(
        () => requestMany(product.url + path, headers, times), () => requestMany(bareUrl, {}, times),
      )
      results.push([`${title}, against a bare h3 route`, `${measured.toFixed(2)} ×`])
    }
    return results
  }
  finally {
    await product.dispose()
    await licenseServer.stop()
    bare.close()
  }
}

const figures = [await benchVerification(), ...await benchApi()]
process.stdout.write('| what | time, as a ratio |\n|---|---|\n')
for (const [what, figure] of figures) process.stdout.write(`| ${what} | ${figure} |\n`)
process.exit(0)
