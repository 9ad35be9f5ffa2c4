import { beforeAll, describe, expect, it } from 'vitest'
import { createApiClient } from '../product/api-client.ts'
import type { Answer, ApiClient } from '../product/api-client.ts'
import { ADMIN, SERVICE_TOKEN } from '../product/process.ts'
import { useStand } from './stand.ts'

/* F74: recognisable secrets go through every flow, success and failure, and must come out nowhere. */

const PASSWORD = 'canary-password-41c9e'
const WRONG_PASSWORD = 'canary-guess-77d20'
const KEY = 'nc_canary_key_5b1f8e_standard_0001'
const AIRGAPPED_KEY = 'nc_ag_canary_key_90ce11_airgapped_0002'
const UNKNOWN_KEY = 'nc_canary_key_d00d1e_unknown_0003'
const MALFORMED = 'canary malformed: nc_5eed!'
const SESSION_SECRET = 'canary-session-secret-0123456789abcdef'

const stand = useStand({ NC_SESSION_SECRET: SESSION_SECRET, NC_LOG_FORMAT: 'json' })
const answers: Answer[] = []
const secrets = new Map<string, string>([
  ['the password', PASSWORD], ['a wrong password', WRONG_PASSWORD], ['the service token', SERVICE_TOKEN], ['the session secret', SESSION_SECRET],
  ['the password from the environment', ADMIN.password], ['a key', KEY], ['an airgapped key', AIRGAPPED_KEY], ['an unknown key', UNKNOWN_KEY],
  ['a malformed credential', MALFORMED], ['the middle of a key', 'canary_key_5b1f8e'],
])

/** A client whose every answer is kept. */
function recorded(client: ApiClient): ApiClient {
  async function request<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
    const answer = await client.request<T>(method, path, body, headers)
    answers.push(answer)
    return answer
  }
  const save: ApiClient['save'] = credential => request('PUT', '/api/license', { credential })
  return { ...client, request, save, checkIn: () => request('POST', '/api/license/check-in', {}), remove: () => request('DELETE', '/api/license', {}) }
}

async function readEverything(client: ApiClient): Promise<void> {
  for (const path of ['', '/events?limit=200', '/check-ins', '/support-bundle', '/activation-request', '/outbound']) await client.request('GET', `/api/license${path}`)
  await client.request('GET', '/api/users')
  await client.request('GET', '/api/auth/session')
  await client.request('POST', '/api/license/diagnostics', {})
  await client.request('GET', '/metrics', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
  for (const page of ['/admin/license', '/login', '/setup']) {
    answers.push(await createApiClient(stand.product.url).request('GET', page, undefined, { cookie: client.cookie }))
  }
}

async function signInFlows(): Promise<ApiClient> {
  const account = { email: 'canary@example.com', password: PASSWORD }
  const visitor = recorded(createApiClient(stand.product.url))
  await recorded(stand.admin).request('POST', '/api/users', { ...account, role: 'admin' })
  await visitor.request('POST', '/api/auth/login', { ...account, password: WRONG_PASSWORD })
  await visitor.request('POST', '/api/auth/login', { ...account, password: [PASSWORD] })
  await visitor.request('POST', '/api/auth/login', `{"email":"${account.email}","password":"${PASSWORD}`)
  await visitor.request('POST', '/api/auth/setup', { token: SESSION_SECRET, ...account })
  const client = createApiClient(stand.product.url)
  await recorded(client).request('POST', '/api/auth/login', account)
  await recorded(client).request('PUT', '/api/auth/password', { current: WRONG_PASSWORD, next: PASSWORD })
  secrets.set('the session cookie', client.cookie.split('=')[1] ?? 'no cookie')
  return recorded(client)
}

async function licenseFlows(client: ApiClient): Promise<void> {
  const { control } = stand.licenseServer
  await control.createLicense({ method: 'standard', key: KEY })
  await control.createLicense({ method: 'airgapped', key: AIRGAPPED_KEY })
  const { instanceId } = await stand.admin.license()
  const [token, foreign] = [await control.issueToken({ instance_id: instanceId }), await control.issueToken({ instance_id: 'a'.repeat(32) })]
  for (const [name, value] of [['a token', token], ['a token for another installation', foreign]] as const) {
    secrets.set(name, value)
    secrets.set(`the signature of ${name}`, value.split('.')[2] ?? '')
  }
  for (const credential of [UNKNOWN_KEY, MALFORMED, foreign]) await client.save(credential)
  for (const credential of [KEY, AIRGAPPED_KEY, token, foreign]) await client.request('POST', '/api/license/preview', { credential })
  for (const fault of [{ type: 'html' }, { type: 'reset' }, { type: 'badJson' }, { type: 'status', status: 500, body: KEY }] as const) {
    await control.addFault({ call: 'activate', times: 1, fault })
    await stand.admin.request('PUT', '/api/license', { credential: KEY }).then(answer => answers.push(answer))
  }
  for (const credential of [KEY, AIRGAPPED_KEY]) {
    await client.save(credential)
    await client.checkIn()
    await control.addFault({ call: '*', times: 1, fault: { type: 'status', status: 500, body: credential } })
    await client.checkIn()
    await readEverything(client)
    const bearer = (await control.requests()).findLast(({ headers }) => headers.authorization)?.headers.authorization
    secrets.set(`the secret of ${credential}`, String(bearer).replace(/^Bearer /, ''))
  }
  answers.push(await createApiClient(stand.product.url).request('PUT', '/api/license', { credential: KEY }, { accept: 'text/event-stream', cookie: client.cookie }))
  await client.remove()
  await client.save(token)
  await readEverything(client)
}

beforeAll(async () => {
  const client = await signInFlows()
  await licenseFlows(client)
})

/** Session cookies belong into Set-Cookie, the lease into the entitlements of the service token, nowhere else. */
function headersOf({ headers }: Answer): string {
  return [...headers].filter(([name]) => name !== 'set-cookie').flat().join('\n')
}

describe('F74 secrets that went through every flow', () => {
  it('went through: saves, refusals and failures of each kind were met', () => {
    const codes = new Set(answers.map(({ error }) => error?.code).filter(Boolean))
    for (const code of ['KEY_UNKNOWN', 'CREDENTIAL_MALFORMED', 'BOUND_TO_DIFFERENT_INSTALLATION', 'NET_CAPTIVE_PORTAL', 'SERVER_ERROR', 'UNAUTHENTICATED', 'VALIDATION', 'FORBIDDEN']) {
      expect(codes, code).toContain(code)
    }
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(30)
    const pages = answers.filter(({ headers, status }) => status === 200 && headers.get('content-type')?.startsWith('text/html'))
    expect(pages.some(({ text }) => text.includes('Instance ID') || text.includes('License'))).toBe(true)
    expect([...secrets.values()].every(secret => secret.length >= 16)).toBe(true)
  })

  it('are in no answer: body, page, download, metrics, event stream, header', () => {
    for (const [name, secret] of secrets) {
      const leaks = answers.filter(answer => answer.text.includes(secret) || headersOf(answer).includes(secret))
      expect(leaks.map(({ text }) => text.slice(0, 200)), name).toEqual([])
    }
  })

  it('are in no line of the log', () => {
    expect(stand.product.output()).toContain('Instance ID')
    for (const [name, secret] of secrets) expect(stand.product.output().includes(secret), name).toBe(false)
  })

  it('the support bundle holds facts, and no e-mail', async () => {
    const { body, text, headers } = await stand.admin.request<{ build: object, license: object }>('GET', '/api/license/support-bundle')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+\.json"/)
    expect(body.build).toMatchObject({ sandbox: true, trustedKids: [expect.any(String)] })
    expect(body.license).toMatchObject({ state: 'active', method: 'offline' })
    expect(text).not.toMatch(/[\w.]+@[\w.]+/)
  })

  it('were sent to nobody in an address', async () => {
    for (const { path } of await stand.licenseServer.control.requests()) expect(path).not.toMatch(/canary|nc_/)
  })
})
