import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient } from '../support/api-client.ts'
import { ADMIN_TOKEN, SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import { cookieNameOf } from '../support/cookie-name.ts'
import { expectError } from '../support/expect-error.ts'
import { addViewer, signInSoon, useStand } from '../support/stand.ts'

const SERVER = fileURLToPath(new URL('../../server/', import.meta.url))
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']
const operations = Object.entries<Operation>(OPERATIONS)
const restricted = operations.filter(([, { access }]) => access !== 'public')
const paths = [...new Set(operations.map(([, { path }]) => path))]

/** What the contract's table of calls names; the API may have more, never less. */
const CONTRACT = [
  'POST /api/auth/login', 'POST /api/auth/logout', 'GET /api/auth/session', 'PUT /api/auth/password', 'POST /api/auth/setup',
  'GET /api/users', 'POST /api/users', 'PATCH /api/users/:id', 'DELETE /api/users/:id', 'GET /api/license',
  'POST /api/license/preview', 'POST /api/license/what-if', 'PUT /api/license', 'DELETE /api/license', 'POST /api/license/check-in',
  'GET /api/license/check-ins', 'GET /api/license/events', 'POST /api/license/diagnostics',
  'GET /api/license/support-bundle', 'GET /api/license/activation-request', 'GET /api/entitlements',
  'GET /api/features', 'GET /api/features/:name', 'PUT /api/usage', 'GET /api/health/live', 'GET /api/health/ready', 'GET /metrics',
]

/* Which status who gets stands in access.test.ts. */

const stand = useStand({ NC_ADMIN_TOKEN: ADMIN_TOKEN })
let viewer: ApiClient

beforeAll(async () => {
  viewer = await addViewer(stand.admin, stand.product)
})

const addressOf = (path: string) => path.replace(':id', 'nobody').replace(':name', 'sso')
const callOf = ({ method, path }: Operation) => `${method} ${path}`
const bodyOf = ({ method }: Operation) => method === 'GET' ? undefined : {}

function call(client: ApiClient, operation: Operation, headers?: Record<string, string>) {
  return client.request(operation.method, addressOf(operation.path), bodyOf(operation), headers)
}

function routesOf(folder: string, prefix: string): { call: string, file: string }[] {
  return readdirSync(`${SERVER}${folder}`, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts')).map((file) => {
    const [, path = '', method = 'any'] = /^(.*?)(?:\.(get|post|put|patch|delete))?\.ts$/.exec(file) ?? []
    const route = `${prefix}/${path}`.replace(/\/index$/, '').replace(/\[(\w+)\]/g, ':$1')
    return { file: `${folder}/${file}`, call: `${method.toUpperCase()} ${route}` }
  })
}

describe('the table of routes', () => {
  it('F06 holds every route that the server has, and nothing else', () => {
    const routes = [...routesOf('api', '/api'), ...routesOf('routes', '')].map(route => route.call)
    // The two that take any method only ever answer 404 and 405; see the tests of wrong methods below.
    const catchAll = ['ANY /api', 'ANY /api/[...]', 'ANY /metrics']
    expect(routes.toSorted()).toEqual([...operations.map(([, operation]) => callOf(operation)), ...catchAll].toSorted())
  })

  it('holds every call of the contract', () => {
    expect(operations.map(([, operation]) => callOf(operation))).toEqual(expect.arrayContaining(CONTRACT))
  })
})

describe('F06 without a session', () => {
  it.each(restricted)('%s answers 401 to a forged session and a forged service token', async (_name, operation) => {
    const forged = createApiClient(stand.product.url)
    const cookie = `${cookieNameOf((await stand.admin.license()).instanceId)}=${'A'.repeat(43)}`
    expectError(await call(forged, operation, { cookie, authorization: `Bearer ${'x'.repeat(SERVICE_TOKEN.length)}` }), 'UNAUTHENTICATED')
  })

  it('every route answers 401 to a session of another installation', async () => {
    const other = await startProduct({ licenseServerUrl: stand.licenseServer.url, env: { NC_SERVICE_TOKEN: undefined } })
    try {
      const { cookie } = await signInSoon(other)
      for (const [, operation] of restricted) {
        expectError(await call(createApiClient(stand.product.url), operation, { cookie }), 'UNAUTHENTICATED')
      }
    }
    finally {
      await other.dispose()
    }
  })
})

describe('F06 with a bearer token', () => {
  const asAdmin = { authorization: `Bearer ${ADMIN_TOKEN}` }

  it.each(restricted)('%s: the token decides, whatever cookie came along', async (_name, operation) => {
    const wrong = await call(stand.admin, operation, { authorization: `Bearer ${'x'.repeat(ADMIN_TOKEN.length)}` })
    expectError(wrong, 'UNAUTHENTICATED')
    const asViewer = await call(viewer, operation, asAdmin)
    const alone = await call(createApiClient(stand.product.url), operation, asAdmin)
    expect(asViewer.status).toBe(alone.status)
    const asService = await call(stand.admin, operation, { authorization: `Bearer ${SERVICE_TOKEN}` })
    if (!operation.access.includes('service')) expectError(asService, 'UNAUTHENTICATED')
  })

  it.each(['Bearer', 'Bearer ', `Bearer ${ADMIN_TOKEN} x`, `Bearer ${ADMIN_TOKEN.slice(1)}`, `Bearer ${ADMIN_TOKEN},${ADMIN_TOKEN}`])(
    '"%s" opens nothing', async (authorization) => {
      expectError(await createApiClient(stand.product.url).request('GET', '/api/license', undefined, { authorization }), 'UNAUTHENTICATED')
    })
})

describe('F06 wrong methods', () => {
  it.each(paths)('%s answers 405 and names those it takes', async (path) => {
    const taken = operations.filter(([, operation]) => operation.path === path).map(([, { method }]) => method)
    for (const method of METHODS.filter(each => !taken.some(one => one === each))) {
      for (const client of [createApiClient(stand.product.url), stand.admin]) {
        const answer = await client.request(method, addressOf(path))
        expectError(answer, 'HTTP_METHOD')
        const allowed = (answer.headers.get('allow') ?? '').split(',').map(each => each.trim()).filter(each => each !== 'HEAD')
        expect(allowed.toSorted()).toEqual(taken.toSorted())
      }
    }
  })
})

describe('unknown paths', () => {
  const unknown = ['/api', '/api/', '/api/nothing', '/api/license/nothing', '/api/users/a/b', '/api/%00', '/api/%', '/api/health']

  it.each(unknown)('%s answers 404 as JSON', async (path) => {
    for (const method of ['GET', 'POST']) {
      const answer = await stand.admin.request(method, path, method === 'POST' ? {} : undefined)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expectError(answer, 'NOT_FOUND')
    }
  })

  it.each(['/api//license', '//api/license', '/API/LICENSE', '/api/./license', '/api/license/', '/api/license%2f', '/api/license;x'])(
    '%s shows no license without a session', async (path) => {
      const { instanceId } = await stand.admin.license()
      const answer = await createApiClient(stand.product.url).request('GET', path)
      expect(answer.text).not.toContain(instanceId)
      expect(answer.status).not.toBe(500)
    })
})
