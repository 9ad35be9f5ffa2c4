import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../support/expect-error.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct } from '../support/stand.ts'
import { createSigner } from '../support/signing.ts'
import { headerOf, offlineClaims } from '../support/claims.ts'
import type { Trial, TrialBuild } from './vendor/trial-build.ts'
import { prepareTrial } from './vendor/trial-build.ts'
import { tally } from '../support/tally.ts'

/* The build that customers get, with keys made for this test, against what the sandbox signs. */

const SANDBOX_KEY = new URL('../license-server/keys/sandbox.jwk.json', import.meta.url)
const vendor = createSigner('vendor-2026')
const folder = mkdtempSync(join(tmpdir(), 'nc-vendor-'))
let trial: Trial
let built: TrialBuild

function jwksFile(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const { d: _private, ...sandboxKey } = Object(JSON.parse(readFileSync(SANDBOX_KEY, 'utf8')))

beforeAll(() => {
  trial = prepareTrial()
})
afterAll(() => {
  trial.remove()
  rmSync(folder, { recursive: true, force: true })
})

describe('the vendor build', () => {
  it.each<[string, () => string | undefined, string]>([
    ['no keys', () => undefined, 'Set NC_LICENSE_JWKS_FILE'],
    ['a file that is not there', () => join(folder, 'nothing.json'), 'cannot be read as JSON'],
    ['keys that are none', () => jwksFile('none.json', { keys: [] }), 'must be a JWKS of public Ed25519 keys'],
    ['the sandbox key', () => jwksFile('sandbox.json', { keys: [...vendor.jwks.keys, sandboxKey] }), 'holds the sandbox key'],
  ])('F21: stops with one sentence with %s', (_what, file, sentence) => {
    const { status, stderr, entry } = trial.build(file())
    expect(status).toBe(1)
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(sentence)])
    expect(existsSync(entry)).toBe(false)
  })

  it('F21: is made with the vendor\'s keys', () => {
    built = trial.build(jwksFile('vendor.json', vendor.jwks))
    expect(built.status, built.stdout + built.stderr).toBe(0)
    expect(existsSync(built.entry)).toBe(true)
  })

  it('has nothing of the sandbox in it: no route, no variable, no header', () => {
    const hasWords = (folder: string, words: readonly string[]) => readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
      .filter(path => /\.(?:mjs|js|json|html)$/.test(path)).filter(path => words.some(word => readFileSync(path, 'utf8').includes(word)))
    const words = ['__sandbox', 'x-sandbox-', 'NC_SANDBOX_', 'sandbox-password']
    expect(hasWords(join(dirname(built.entry), '..'), words)).toEqual([])
    // The same search finds each of them where they are.
    const sandboxOutput = fileURLToPath(new URL('../../.output-sandbox', import.meta.url))
    for (const word of words) expect(hasWords(sandboxOutput, [word]), word).not.toEqual([])
  })

  it('keeps no license in memory, and says so', () => {
    const { status, stdout } = spawnSync(process.execPath, [built.entry, 'check'], { encoding: 'utf8', env: { DATABASE_URL: 'file::memory:' } })
    expect(status).toBe(1)
    expect(stdout).toContain('DATABASE_URL: a database in memory loses its license at every stop')
  })

  it('F21: trusts those alone: what the sandbox signs is refused, whatever the environment says, and what the vendor signs is taken', async () => {
    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({
      entry: built.entry, licenseServerUrl: licenseServer.url,
      env: { NC_LICENSE_JWKS_FILE: jwksFile('later.json', { keys: [sandboxKey] }), NC_LICENSE_BUILD: 'sandbox' },
    })
    const admin = await signInSoon(product)
    const { instanceId } = await admin.license()
    const genuine = await licenseServer.control.issueToken({ instance_id: instanceId })
    expectError(await admin.save(genuine), 'TOKEN_UNKNOWN_SIGNER')
    expectError(await admin.save('nc_demo_standard'), 'TOKEN_UNKNOWN_SIGNER')
    expect(await admin.license()).toMatchObject({ state: 'unlicensed', entitled: false, warnings: [] })

    const seconds = Math.floor(Date.now() / 1000)
    const claims = offlineClaims({ instance_id: instanceId, iat: seconds - 60, exp: seconds + 86_400 })
    // A stranger who names the vendor's key, and the vendor.
    expectError(await admin.save(createSigner(vendor.kid).byHand(JSON.stringify(headerOf('offline', { kid: vendor.kid })), JSON.stringify(claims))), 'TOKEN_SIGNATURE_INVALID')
    const { status, body } = await admin.save(await vendor.withJose(headerOf('offline', { kid: vendor.kid }), claims))
    expect({ status, body }).toMatchObject({ status: 200, body: { state: 'active', method: 'offline' } })
    const page = await admin.request('GET', '/admin/license')
    expect(page.text).not.toMatch(/sandbox/i)
    // But for the name of the key that it did not know.
    expect(product.output().replaceAll(sandboxKey.kid, '')).not.toMatch(/sandbox/i)
    const { body: bundle } = await admin.request('GET', '/api/license/support-bundle')
    expect(JSON.stringify(bundle)).toContain(vendor.kid)
    tally({ row: 'F21', tried: 3 })
  })
})
