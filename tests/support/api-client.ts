import type { ErrorData, LicenseView } from '../../shared/contracts.ts'
import { waitFor } from './open-waits.ts'
import { ADMIN } from './product-process.ts'
import { noteRefusal } from './refusals.ts'

/* Uses the HTTP API as an operator's script would. */

export interface Answer<T = unknown> { status: number, headers: Headers, text: string, body: T, error: ErrorData | undefined }

export interface ApiClient {
  request<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>
  /** Rejects with the response if that is refused. */
  license(): Promise<LicenseView>
  save(credential: string, revision?: number): Promise<Answer<LicenseView>>
  remove(): Promise<Answer<LicenseView>>
  checkIn(): Promise<Answer<LicenseView>>
  /** Resolves once the license meets the condition; rejects after `timeoutMs` with the last response. */
  waitFor(condition: (view: LicenseView) => boolean, timeoutMs?: number): Promise<LicenseView>
  cookie: string
}

/** Looks at what was asked and what was answered, and throws if they do not go together. */
export type Judge = (asked: { method: string, path: string, body: unknown }, answer: Answer) => void
let judge: Judge = () => undefined

/** From now on every answer that a client gets is judged before anybody else sees it. */
export function judgeAnswers(by: Judge): void {
  judge = by
}

/** A client that is not signed in. */
export function createApiClient(baseUrl: string): ApiClient {
  const lookAtLicense = () => client.request<LicenseView>('GET', '/api/license')
  const client: ApiClient = {
    cookie: '',
    async request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const calling = fetch(baseUrl + path, {
        method, redirect: 'manual',
        headers: {
          ...(client.cookie ? { cookie: client.cookie } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const response = await waitFor(`an answer to ${method} ${path}`, calling)
      client.cookie = mergeCookies(client.cookie, response.headers.getSetCookie())
      const text = await waitFor(`the end of the answer to ${method} ${path}`, response.text())
      if (response.status >= 400) noteRefusal(`${method} ${path}`, response.status, text)
      const parsed = parse(text)
      const answer = { status: response.status, headers: response.headers, text, body: parsed as T, error: Object(parsed).data }
      judge({ method, path, body }, answer)
      return answer
    },
    async license() {
      const { status, text, body } = await lookAtLicense()
      if (status !== 200) throw new Error(`the license view was answered ${status}: ${text}`)
      return body
    },
    save: (credential, revision) => client.request('PUT', '/api/license', { credential, ...(revision === undefined ? {} : { revision }) }),
    remove: () => client.request('DELETE', '/api/license', {}),
    checkIn: () => client.request('POST', '/api/license/check-in', {}),
    async waitFor(condition, timeoutMs = 30_000) {
      const until = performance.now() + timeoutMs
      for (;;) {
        const { status, text, body } = await lookAtLicense()
        // A refusal may be over soon, as that of a database which is away.
        if (status === 200 && condition(body)) return body
        if (performance.now() > until) throw new Error(`the license did not get there; last answered ${status}: ${text}`)
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    },
  }
  return client
}

/** Signs in; rejects with the response if that is refused. */
export async function signIn(baseUrl: string, account: { email: string, password: string } = ADMIN): Promise<ApiClient> {
  const client = createApiClient(baseUrl)
  const { status, text } = await client.request('POST', '/api/auth/login', account)
  if (status !== 200) throw new Error(`sign-in answered ${status}: ${text}`)
  return client
}

/** Keeps cookies by name, the newest winning, as browsers do. */
function mergeCookies(kept: string, set: string[]): string {
  const pairs = [...kept.split('; '), ...set.map(cookie => cookie.split(';')[0] ?? '')].filter(Boolean)
  const byName = new Map(pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair]))
  return [...byName.values()].join('; ')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    return undefined
  }
}
