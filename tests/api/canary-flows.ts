import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { createApiClient } from '../support/api-client.ts'
import type { Answer, ApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { ADMIN, SERVICE_TOKEN } from '../support/product-process.ts'

/* Recognisable secrets, and a person who takes them through every flow, success and failure. */

const PASSWORD = 'canary-password-41c9e'
const WRONG_PASSWORD = 'canary-guess-77d20'
export const KEY = 'nc_canary_key_5b1f8e_standard_0001'
const AIRGAPPED_KEY = 'nc_ag_canary_key_90ce11_airgapped_0002'
const UNKNOWN_KEY = 'nc_canary_key_d00d1e_unknown_0003'
const MALFORMED = 'canary malformed: nc_5eed!'
export const SESSION_SECRET = 'canary-session-secret-0123456789abcdef'

interface Parts { readonly product: Product, readonly licenseServer: LicenseServerProcess, readonly admin: ApiClient }

export interface Canary {
  /** All that was answered, but for the one answer in which the lease belongs. */
  readonly answers: Answer[]
  /** What must be in none of them, by what it is. */
  readonly secrets: Map<string, string>
  /** Signs in as somebody whose password is a secret; returns the client, every answer to which is kept. */
  signIn(): Promise<ApiClient>
  /** Saves, refuses, fails, checks in, removes, and reads everything in between. */
  useLicenses(client: ApiClient): Promise<void>
  /** Reads everything of a license that is there, after a good and after a failed check-in. */
  useLicense(client: ApiClient, credential: string): Promise<void>
  /** A client whose every answer is kept. */
  recorded(client: ApiClient): ApiClient
}

const service = { authorization: `Bearer ${SERVICE_TOKEN}` }

/** The flows that a canary goes through, with what each process responded. */
export function createCanary(parts: Parts): Canary {
  const answers: Answer[] = []
  const secrets = new Map<string, string>([
    ['the password', PASSWORD], ['a wrong password', WRONG_PASSWORD], ['the service token', SERVICE_TOKEN], ['the session secret', SESSION_SECRET],
    ['the password from the environment', ADMIN.password], ['a key', KEY], ['an airgapped key', AIRGAPPED_KEY], ['an unknown key', UNKNOWN_KEY],
    ['a malformed credential', MALFORMED], ['the middle of a key', 'canary_key_5b1f8e'],
  ])

  function recorded(client: ApiClient): ApiClient {
    async function request<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
      const answer = await client.request<T>(method, path, body, headers)
      answers.push(answer)
      return answer
    }
    const save: ApiClient['save'] = credential => request('PUT', '/api/license', { credential })
    return { ...client, request, save, checkIn: () => request('POST', '/api/license/check-in', {}), remove: () => request('DELETE', '/api/license', {}) }
  }

  function addToken(name: string, token: string): void {
    secrets.set(name, token)
    secrets.set(`the signature of ${name}`, token.split('.')[2] ?? '')
  }

  /** The lease belongs into the entitlements of the service token: that answer is not among the others. */
  async function addLease(credential: string): Promise<void> {
    const { body, status } = await createApiClient(parts.product.url).request<{ lease: string | null }>('GET', '/api/entitlements', undefined, service)
    if (status !== 200 || !body.lease) throw new Error(`no lease for ${credential}: ${status}`)
    addToken(`a lease of ${credential}, ${secrets.size}`, body.lease)
  }

  async function readEverything(client: ApiClient): Promise<void> {
    for (const path of ['', '/events?limit=200', '/events/export', '/events/export?format=csv', '/check-ins', '/support-bundle', '/activation-request', '/outbound']) await client.request('GET', `/api/license${path}`)
    for (const path of ['/api/users', '/api/auth/session', '/api/entitlements', '/api/features/sso', '/api/openapi.json', '/api/health/ready']) await client.request('GET', path)
    await client.request('POST', '/api/license/diagnostics', {})
    await client.request('POST', '/api/license/what-if', {})
    await client.request('GET', '/metrics', undefined, service)
    for (const page of ['/admin/license', '/admin/activity', '/admin/diagnostics', '/admin/access', '/login', '/setup']) {
      answers.push(await createApiClient(parts.product.url).request('GET', page, undefined, { cookie: client.cookie }))
    }
  }

  async function useLicense(client: ApiClient, credential: string): Promise<void> {
    const { control } = parts.licenseServer
    await addLease(credential)
    await client.checkIn()
    await addLease(credential)
    await control.addFault({ call: '*', times: 1, fault: { type: 'status', status: 500, body: credential } })
    await client.checkIn()
    await readEverything(client)
    const bearer = (await control.requests()).findLast(({ headers }) => headers.authorization)?.headers.authorization
    secrets.set(`the secret of ${credential}`, String(bearer).replace(/^Bearer /, ''))
  }

  return {
    answers, secrets, recorded, useLicense,
    async signIn() {
      const account = { email: 'canary@example.com', password: PASSWORD }
      const visitor = recorded(createApiClient(parts.product.url))
      await recorded(parts.admin).request('POST', '/api/users', { ...account, role: 'admin' })
      await visitor.request('POST', '/api/auth/login', { ...account, password: WRONG_PASSWORD })
      await visitor.request('POST', '/api/auth/login', { ...account, password: [PASSWORD] })
      await visitor.request('POST', '/api/auth/login', `{"email":"${account.email}","password":"${PASSWORD}`)
      await visitor.request('POST', '/api/auth/setup', { token: SESSION_SECRET, ...account })
      const client = createApiClient(parts.product.url)
      await recorded(client).request('POST', '/api/auth/login', account)
      await recorded(client).request('PUT', '/api/auth/password', { current: WRONG_PASSWORD, next: PASSWORD })
      secrets.set('the session cookie', client.cookie.split('=')[1] ?? 'no cookie')
      return recorded(client)
    },
    async useLicenses(client) {
      const { control } = parts.licenseServer
      await control.createLicense({ method: 'standard', key: KEY })
      await control.createLicense({ method: 'airgapped', key: AIRGAPPED_KEY })
      const { instanceId } = await parts.admin.license()
      const [token, foreign] = [await control.issueToken({ instance_id: instanceId }), await control.issueToken({ instance_id: 'a'.repeat(32) })]
      addToken('a token', token)
      addToken('a token for another installation', foreign)
      for (const credential of [UNKNOWN_KEY, MALFORMED, foreign]) await client.save(credential)
      for (const credential of [KEY, AIRGAPPED_KEY, token, foreign]) await client.request('POST', '/api/license/preview', { credential })
      for (const fault of [{ type: 'html' }, { type: 'reset' }, { type: 'badJson' }, { type: 'status', status: 500, body: KEY }] as const) {
        await control.addFault({ call: 'activate', times: 1, fault })
        await recorded(parts.admin).request('PUT', '/api/license', { credential: KEY })
      }
      for (const credential of [KEY, AIRGAPPED_KEY]) {
        await client.save(credential)
        await useLicense(client, credential)
      }
      await client.request('PUT', '/api/license', { credential: KEY }, { accept: 'text/event-stream' })
      await client.remove()
      await client.save(token)
      await readEverything(client)
    },
  }
}
