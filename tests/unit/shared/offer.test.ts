import { describe, expect, it } from 'vitest'
import { credentialIn } from '../../../shared/paste/offer.ts'
import { INSTANCE, offlineToken } from '../../support/claims.ts'

const TOKEN = offlineToken({ instance_id: INSTANCE })
const found = (text: string, silent = false) => credentialIn(text, { instanceId: INSTANCE, silent })

describe('the credential among other words', () => {
  it.each([
    'Your key: nc_demo_standard. Regards, NocoDB', '"nc_demo_standard"', '<nc_demo_standard>', 'key nc_demo_standard and once more nc_demo_standard',
  ])('is offered, masked, where there is exactly one: %s', (text) => {
    expect(found(text)).toEqual({ text: 'nc_demo_standard', shown: 'nc_••••••••dard' })
  })

  it('may be a token, shown by its ends', () => {
    expect(found(`Here is your token:\n${TOKEN}\nPaste it.`)).toEqual({ text: TOKEN, shown: `eyJ…${TOKEN.slice(-4)}` })
  })

  it('may be a key while an offline license is in force', () => {
    expect(found('key nc_demo_standard', true)?.text).toBe('nc_demo_standard')
  })

  it.each([
    ['there are two', 'nc_demo_standard nc_demo_short'], ['there is none', 'Your key will be sent tomorrow'], ['it is masked', 'nc_••••••••dard'],
    ['it is this Instance ID', `nc_${INSTANCE}`], ['it has no prefix', 'the key is abcdefgh12345678'], ['there is a key and a token', `nc_demo_standard ${TOKEN}`],
    ['its prefix is in capitals', 'take NC_DEMO_STANDARD'],
  ])('is not offered where %s', (_why, text) => {
    expect(found(text)).toBeNull()
  })
})
