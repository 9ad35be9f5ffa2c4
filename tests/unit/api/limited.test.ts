import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { guardsOf } from '../../../server/http/guards.ts'
import { sessionCookieName } from '../../../server/http/session-cookie.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import type { Operation } from '../../../shared/operations.ts'
import { OPERATIONS } from '../../../shared/operations.ts'
import { BY_ADA, FROM, PERSON } from '../../support/accounts-world.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import { openRunningApp } from '../../support/running-app.ts'
import { KEY } from '../../support/simulated-vendor.ts'

/* Which calls can be refused for being too many: by a limit, or by the queue for password hashes. */

const API = fileURLToPath(new URL('../../../server/api/', import.meta.url))
const operations: readonly [string, Operation][] = Object.entries(OPERATIONS)
/** Where the example in the document is not what costs. */
const COSTLY: Readonly<Record<string, object>> = { updateUser: { password: 'set by somebody else' } }

/** Every write by its operation's name, with the file of its route. */
const writes = readdirSync(API, { recursive: true, encoding: 'utf8' }).flatMap((file) => {
  const [, path = '', method = ''] = /^(.*?)\.(post|put|patch|delete)\.ts$/.exec(file) ?? []
  const route = `/api/${path}`.replace(/\/index$/, '').replace(/\[(\w+)\]/g, ':$1')
  const found = operations.filter(([, each]) => each.path === route && each.method === method.toUpperCase())
  return found.map(([name, operation]) => ({ name, operation, file }))
})

/** What waits in the queue. */
const HASHING = ['signIn', 'changeOwnPassword', 'setUp', 'create', 'update'] as const
const tooMany = () => Promise.reject(new LicenseError('RATE_LIMITED', { details: { retryAfterSeconds: 17 } }))

/** Calls an operation as an administrator, with a license that calls home, where neither a limit nor the queue lets anything through. */
async function callInVain({ name, operation, file }: (typeof writes)[number]) {
  const { app, accounts, license } = await openRunningApp()
  const { id } = await accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
  await license.service.save({ credential: KEY, actor: BY_ADA })
  const { token } = await accounts.signIn(PERSON.email, PERSON.password, FROM)
  const cookie = `${sessionCookieName({ basePath: '/', instanceId: app.license.instanceId, https: false })}=${token}`
  const body = COSTLY[name] ?? operation.body?.meta()?.examples
  const { default: handler } = await import(`${API}${file}`)
  vi.spyOn(guardsOf(app).limits, 'use').mockImplementation(tooMany)
  for (const method of HASHING) vi.spyOn(accounts, method).mockImplementation(tooMany)
  const event = createHttpEvent({ method: operation.method, headers: { cookie }, body: Array.isArray(body) ? body[0] : body })
  event.context.params = { id }
  await handler(event)
  return { status: event.node.res.statusCode, wait: event.node.res.getHeader('retry-after') }
}

describe('a call that can be one too many', () => {
  it('is looked for among all writes', () => {
    const wanted = operations.filter(([, { method, path }]) => method !== 'GET' && path.startsWith('/api/')).map(([name]) => name)
    expect(writes.map(({ name }) => name).toSorted()).toEqual(wanted.toSorted())
  })

  it.each(writes)('says so in the document, and no other does: $name', async (write) => {
    const { status, wait } = await callInVain(write)
    const isRefused = write.operation.errors?.includes('RATE_LIMITED') ?? false
    expect({ isRefused: status === 429, wait }).toEqual({ isRefused, wait: isRefused ? 17 : undefined })
  })
})
