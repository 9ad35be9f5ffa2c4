import { beforeAll, describe, expect, it } from 'vitest'
import { PROTOCOL } from '../../server/license-server/protocol.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import type { Answer } from '../support/api-client.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import type { Canary } from './canary-flows.ts'
import { createCanary, KEY, SESSION_SECRET } from './canary-flows.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct, useStand } from '../support/stand.ts'

/* F74: recognisable secrets go through every flow, success and failure, and must come out nowhere. */

/** Session cookies belong into Set-Cookie and nowhere else. */
function headersOf({ headers }: Answer): string {
  return [...headers].filter(([name]) => name !== 'set-cookie').flat().join('\n')
}

function expectInNoAnswer({ answers, secrets }: Canary): void {
  for (const [name, secret] of secrets) {
    const leaks = answers.filter(answer => answer.text.includes(secret) || headersOf(answer).includes(secret))
    expect(leaks.map(({ text }) => text.slice(0, 200)), name).toEqual([])
  }
}

function expectNotIn(output: string, { secrets }: Canary): void {
  expect(output).toContain('Instance ID')
  expect([...secrets].filter(([, secret]) => output.includes(secret)).map(([name]) => name)).toEqual([])
}

/** Every call goes to the very path of the protocol, without anything behind it. */
async function expectInNoAddress({ control }: LicenseServerProcess): Promise<void> {
  const asked = new Set((await control.requests()).map(({ url }) => url))
  expect(asked.size).toBeGreaterThan(1)
  expect(asked.difference(new Set(Object.values(PROTOCOL).map(({ path }) => path)))).toEqual(new Set())
}

describe.each(['json', 'pretty'])('F74: secrets that went through every flow, logged as %s', (format) => {
  const stand = useStand({ NC_SESSION_SECRET: SESSION_SECRET, NC_LOG_FORMAT: format })
  let canary: Canary

  beforeAll(async () => {
    canary = createCanary(stand)
    await canary.useLicenses(await canary.signIn())
  })

  it('went through: saves, refusals and failures of each kind were met', () => {
    const { answers, secrets } = canary
    const codes = new Set(answers.map(({ error }) => error?.code).filter(Boolean))
    for (const code of ['KEY_UNKNOWN', 'CREDENTIAL_MALFORMED', 'BOUND_TO_DIFFERENT_INSTALLATION', 'NET_CAPTIVE_PORTAL', 'SERVER_ERROR', 'UNAUTHENTICATED', 'VALIDATION', 'FORBIDDEN']) {
      expect(codes, code).toContain(code)
    }
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(30)
    const pages = answers.filter(({ headers, status }) => status === 200 && headers.get('content-type')?.startsWith('text/html'))
    expect(pages.some(({ text }) => text.includes('Instance ID') || text.includes('License'))).toBe(true)
    expect([...secrets.values()].every(secret => secret.length >= 16)).toBe(true)
    expect([...secrets.keys()].filter(name => name.startsWith('a lease of '))).toHaveLength(4)
  })

  it('are in no answer: body, page, download, metrics, event stream, header', () => expectInNoAnswer(canary))

  it('are in no line of the log', () => expectNotIn(stand.product.output(), canary))

  it('were sent to nobody in an address', () => expectInNoAddress(stand.licenseServer))

  it('leave the lease where it belongs: in what the service token is answered, and a session is not', async () => {
    const entitlements = (headers: Record<string, string>) => stand.admin.request<{ lease: string | null }>('GET', '/api/entitlements', undefined, headers)
    expect((await entitlements({ authorization: `Bearer ${SERVICE_TOKEN}` })).body.lease).toBe(canary.secrets.get('a token'))
    expect((await entitlements({})).body.lease).toBeNull()
  })

  it('are not in the support bundle, which holds facts and no e-mail', async () => {
    const { body, text, headers } = await stand.admin.request<{ build: object, license: object }>('GET', '/api/license/support-bundle')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+\.json"/)
    expect(body.build).toMatchObject({ sandbox: true, trustedKids: [expect.any(String)] })
    expect(body.license).toMatchObject({ state: 'active', method: 'offline' })
    expect(text).not.toMatch(/[\w.]+@[\w.]+/)
  })
})

describe('F74: a key in NC_LICENSE_KEY', () => {
  it('is accepted, and comes out nowhere', async () => {
    const licenseServer = await startOwnLicenseServer()
    await licenseServer.control.createLicense({ method: 'standard', key: KEY })
    const env = { NC_SESSION_SECRET: SESSION_SECRET, NC_LICENSE_KEY: ` ${KEY}\n` }
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env })
    const admin = await signInSoon(product)
    const canary = createCanary({ product, licenseServer, admin })
    await admin.waitFor(({ state }) => state === 'active')
    await canary.useLicense(await canary.signIn(), KEY)
    const managed = await canary.recorded(admin).save(KEY)
    expect(managed.error?.code).toBe('MANAGED_BY_ENV')
    expect(await admin.license()).toMatchObject({ state: 'active', managedByEnv: true })
    expectInNoAnswer(canary)
    expectNotIn(product.output(), canary)
    await expectInNoAddress(licenseServer)
  })
})
