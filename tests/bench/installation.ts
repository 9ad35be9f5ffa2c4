import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AUDIENCE, ISSUER, TYP } from '../../server/license/claims.ts'
import type { Jwks } from '../../server/license/jwks.ts'
import { jwksSchema } from '../../server/license/jwks.ts'
import { createKeyring } from '../../server/license/jws.ts'
import type { LicenseServer, Random } from '../../server/license/ports.ts'
import { createLicenseService, requireInstallation } from '../../server/license/service.ts'
import { createSystemClock } from '../../server/runtime/system-clock.ts'
import { openStorage } from '../../server/storage/open.ts'

/* The domain on a real SQLite file and the machine's own clocks, with a vendor who signs offline tokens or a license server. */

/** Signs offline tokens with a key of its own. */
export function createVendor() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const jwks = jwksSchema.parse({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench' }] })
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  let seq = 0
  return {
    publicKey,
    jwks,
    /** A token for an installation, newer than the last. `input` is what its signature was made over. */
    token(instanceId: string) {
      const iat = Math.floor(Date.now() / 1000) - 1
      const claims = {
        iss: ISSUER, aud: AUDIENCE, sub: 'lic_bench', jti: randomUUID(), iat, exp: iat + 86_400 * 365, seq: ++seq, instance_id: instanceId,
        method: 'offline', plan: 'enterprise', licensee: { organization: 'Bench' }, features: ['sso', 'scim', 'audit-log'], seats: 25,
      }
      const input = Buffer.from(`${encode({ alg: 'EdDSA', kid: 'bench', typ: TYP.offline })}.${encode(claims)}`)
      const signature = sign(null, input, privateKey)
      return { input, signature, text: `${input.toString()}.${signature.toString('base64url')}` }
    },
  }
}

const random: Random = { hex: bytes => randomBytes(bytes).toString('hex'), unit: () => 0.5 }
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const never = () => { throw new TypeError('an offline license calls nobody') }
const nobody: LicenseServer = { host: 'nowhere', activate: never, checkIn: never, renew: never, deactivate: never }

interface Options {
  /** Nobody by default: an offline license calls no one. */
  server?: LicenseServer
  /** Whose signatures count; by default those of `nextToken`. */
  jwks?: Jwks
}

/** An installation in a folder of its own, which `dispose` removes. */
export async function createInstallation({ server = nobody, jwks }: Options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const vendor = createVendor()
  const storage = await openStorage({ url: 'file:license.db', baseDir: folder })
  const clock = createSystemClock()
  const { instanceId } = await requireInstallation(storage.licenses, { random, clock })
  const service = await createLicenseService({
    store: storage.licenses, instanceId, server, keyring: await createKeyring(jwks ?? vendor.jwks), clock, random, log: silent, version: '0.0.0', sandbox: false,
    provisioned: null, eventsKeepDays: 400, replica: 'bench', pause: async () => undefined,
  })
  return {
    folder, instanceId, service,
    nextToken: () => vendor.token(instanceId).text,
    save: (credential: string) => service.save({ credential, actor: { kind: 'token', address: '127.0.0.1' } }),
    async dispose() {
      await service.stop()
      await storage.close()
      rmSync(folder, { recursive: true })
    },
  }
}
