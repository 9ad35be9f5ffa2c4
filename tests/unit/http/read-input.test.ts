import { createEvent } from 'h3'
import { afterEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { errorBodyOf } from '../../../server/http/http-error.ts'
import { readJsonBody, readParams, readQuery } from '../../../server/http/read-input.ts'
import { OPERATIONS } from '../../../shared/operations.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import { startServer } from '../../support/vendor-door.ts'

/** Sends a body to the parser that every route uses; returns what the route would get, or the code of the refusal. */
async function parsedAs(schema: z.ZodType, body: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const url = await startServer(async (request, response) => {
    await readJsonBody(createEvent(request, response), schema).then(resolve, error => error instanceof Error ? resolve(errorBodyOf(error).data) : reject(error))
    response.end()
  })
  await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return promise
}

const OBJECTS: [string, object][] = [['objects', {}], ['arrays', []], ['functions', () => undefined]]
const untouched = () => OBJECTS.map(([, each]) => [Reflect.get(each, 'credential'), Reflect.get(each, 'polluted'), Reflect.ownKeys(Object.getPrototypeOf(each)).length])
const before = untouched()

afterEach(() => {
  for (const [, each] of OBJECTS) for (const member of ['credential', 'polluted']) Reflect.deleteProperty(Object.getPrototypeOf(each), member)
})

const HOSTILE = [
  '{"__proto__":{"credential":"nc_demo_standard","polluted":true}}',
  '{"constructor":{"prototype":{"credential":"nc_demo_standard","polluted":true}}}',
  '{"__proto__":null}', '{"constructor":null}', '{"\\u005f_proto__":{"credential":"nc_demo_standard"}}',
  '[{"__proto__":{"credential":"nc_demo_standard"}}]', '{"a":{"__proto__":{"__proto__":{"credential":"nc_demo_standard"}}}}',
]

describe('the body of a request', () => {
  it.each(HOSTILE)('F04: %s gives no object a credential, neither this one nor the next', async (body) => {
    expect(await parsedAs(OPERATIONS.saveLicense.body, body)).toMatchObject({ code: 'VALIDATION' })
    expect(untouched()).toEqual(before)
    expect(Reflect.get({}, 'credential')).toBeUndefined()
    expect(await parsedAs(OPERATIONS.saveLicense.body, '{}')).toMatchObject({ code: 'VALIDATION', fields: { credential: 'invalid_type' } })
  })

  it('F04: beside a credential, such a member is left out', async () => {
    const parsed = await parsedAs(OPERATIONS.saveLicense.body, '{"credential":"nc_demo_standard","__proto__":{"revision":7,"polluted":true},"constructor":1}')
    expect(parsed).toEqual({ credential: 'nc_demo_standard' })
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
    expect(Reflect.ownKeys(Object(parsed))).toEqual(['credential'])
    expect(untouched()).toEqual(before)
  })

  it.each(['\0', 'a\0@example.com', 'a\u001b@example.com', 'a\u0085b', '\u007f@example.com'])('an e-mail with a control character is none: %j', async (email) => {
    expect(await parsedAs(OPERATIONS.login.body, JSON.stringify({ email, password: 'any' }))).toMatchObject({ code: 'VALIDATION' })
    expect(await parsedAs(OPERATIONS.createUser.body, JSON.stringify({ email, password: 'long enough for this', role: 'viewer' }))).toMatchObject({ code: 'VALIDATION' })
  })

  it.each([
    ['login', { password: 'any' }], ['setup', { token: 'any', password: 'long enough for this' }],
    ['createUser', { password: 'long enough for this', role: 'viewer' }],
  ] as const)('an e-mail is in lower case however it is spelt, so that one account has one: %s', async (name, rest) => {
    expect(await parsedAs(OPERATIONS[name].body, JSON.stringify({ email: 'Ada@Example.COM', ...rest }))).toMatchObject({ email: 'ada@example.com' })
  })

  it('an e-mail is looked up without the white space around it', async () => {
    expect(await parsedAs(OPERATIONS.login.body, JSON.stringify({ email: ' \tada@example.com\r\n', password: 'any' }))).toMatchObject({ email: 'ada@example.com' })
  })

  it.each(['\0', 'a\0', '\n', '\u0080'])('an account\'s id with a control character is none: %j', (id) => {
    expect(OPERATIONS.updateUser.params.safeParse({ id }).success).toBe(false)
    expect(OPERATIONS.deleteUser.params.safeParse({ id }).success).toBe(false)
  })
})

describe('what a path and a query say', () => {
  const eventOf = (path: string, params?: Record<string, string>) => {
    const event = createHttpEvent({ path })
    event.context.params = params
    return event
  }
  const { params, query } = OPERATIONS.checkFeature

  it('is judged each time where it may change, and once where it cannot', () => {
    const frozen = Object.freeze({ name: 'sso' })
    const read = [readParams(eventOf('/', frozen), params), readParams(eventOf('/', frozen), params), readParams(eventOf('/', { name: 's%73o' }), params)]
    expect(read).toEqual([{ name: 'sso' }, { name: 'sso' }, { name: 'sso' }])
    expect(read[1]).toBe(read[0])
    const changing = { name: 'sso' }
    const event = eventOf('/', changing)
    expect(readParams(event, params)).toEqual({ name: 'sso' })
    changing.name = 'scim'
    expect(readParams(event, params)).toEqual({ name: 'scim' })
  })

  it('is refused each time, also where it cannot change', () => {
    const frozen = Object.freeze({ name: '' })
    for (const _ of [1, 2]) expect(() => readParams(eventOf('/', frozen), params)).toThrow('VALIDATION')
  })

  it('is that of this request, after one without a query', () => {
    expect(['/', '/?deny=403', '/', '/?deny=403'].map(path => readQuery(eventOf(path), query).deny)).toEqual([undefined, '403', undefined, '403'])
    expect(() => readQuery(eventOf('/?deny=x'), query)).toThrow('VALIDATION')
  })
})
