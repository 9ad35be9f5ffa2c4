import { afterEach, describe, expect, it } from 'vitest'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { ACTIVATION } from '../../support/license-calls.ts'
import { startDoor } from '../../support/vendor-door.ts'

const GRANTED = { lease: 'x.y.z', secret: 's'.repeat(16) }
const members = JSON.stringify(GRANTED).slice(1, -1)
const names = () => Reflect.ownKeys(Object.prototype)
const before = names()

async function outcomeOf(body: string, status = 200) {
  const { url } = await startDoor({ body, status })
  return createLicenseServerClient({ baseUrl: url, version: '1.2.3', proxyFor: () => '' }).activate(ACTIVATION).send()
}

afterEach(() => {
  for (const name of names()) if (!before.includes(name)) Reflect.deleteProperty(Object.prototype, name)
})

describe('members that the protocol does not know, in an answer of the license server', () => {
  it.each([
    `{"__proto__":{"polluted":true},${members}}`, `{${members},"__proto__":{"lease":"other","polluted":true}}`, `{"constructor":{"prototype":{"polluted":true}},${members}}`,
    `{"added_later":{"nested":[1,null]},"__proto__":{"polluted":true},"constructor":1,${members}}`, `{"\\u005f_proto__":null,"toString":1,"hasOwnProperty":0,${members}}`,
  ])('F04, F37: are left out and touch no prototype: %s', async (body) => {
    const outcome = await outcomeOf(body)
    expect(outcome).toEqual({ ok: true, value: GRANTED })
    const value = Object(outcome).value
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Reflect.ownKeys(value)).toEqual(['lease', 'secret'])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect(names()).toEqual(before)
  })

  it.each([`{"__proto__":{${members}}}`, `{"constructor":{"prototype":{${members}}}}`, `{"lease":"x.y.z","__proto__":{"secret":"${GRANTED.secret}"}}`])(
    'F04, F37: do not stand in for those it needs, now or in the next answer: %s', async (body) => {
      for (const text of [body, '{}', '{"lease":"x.y.z"}']) {
        expect(await outcomeOf(text)).toMatchObject({ ok: false, seen: { code: 'SERVER_RESPONSE_INVALID', cause: 'unreadable_answer' } })
      }
      expect(names()).toEqual(before)
    })

  it('F04, F37: make no refusal of an answer that names none', async () => {
    const outcome = await outcomeOf('{"__proto__":{"error":{"code":"revoked","message":"x"}}}', 403)
    expect(outcome).toMatchObject({ ok: false, seen: { code: 'SERVER_NOT_A_LICENSE_SERVER', cause: 'not_a_license_server' }, refusal: null })
    expect(names()).toEqual(before)
  })
})
