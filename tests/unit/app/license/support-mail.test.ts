import { describe, expect, it } from 'vitest'
import { UNREACHABLE } from '../../../../app/api/failure.ts'
import type { Mail } from '../../../../app/license/support-mail.ts'
import { failureMail, linkOf, offlineMail, requestMail, wholeMail } from '../../../../app/license/support-mail.ts'
import { supportText } from '../../../../app/license/support-text.ts'
import type { LicenseView } from '../../../../shared/contracts.ts'
import { viewOf } from '../../../support/app/license-view.ts'

const ID = '3c9f0000111122223333444455553648'
const holder = (organization: string) => ({ licensee: { organization, email: 'license@northwind.example' } })
const view = (changes: Partial<LicenseView> = {}) => viewOf({ instanceId: ID, ...holder('Northwind Traders'), ...changes })
const REFUSED = { ...UNREACHABLE, code: 'LICENSE_REVOKED', reference: 'NCL-104', requestId: 'req-1', details: { host: 'app.nocodb.com' } } as const
const bodyOf = (mail: Mail) => new URL(linkOf(mail).href).searchParams.get('body')?.replaceAll('\r\n', '\n')

describe('the subject of a mail to support', () => {
  it.each([
    ['reissue', 'mismatch', 'Re-issue for installation 3c9f…3648, Northwind Traders', 'Re-issue for installation 3c9f…3648'],
    ['renewal', 'expired', 'Renewal of the license of Northwind Traders, installation 3c9f…3648', 'Renewal of the license of installation 3c9f…3648'],
    ['support', 'revoked', 'Revoked license of Northwind Traders, installation 3c9f…3648', 'Revoked license of installation 3c9f…3648'],
    ['support', 'suspended', 'Suspended license of Northwind Traders, installation 3c9f…3648', 'Suspended license of installation 3c9f…3648'],
  ] as const)('for %s, %s, is "%s"', (action, state, known, unknown) => {
    expect(requestMail(action, view({ state })).subject).toBe(known)
    expect(requestMail(action, view({ state, licensee: null })).subject).toBe(unknown)
  })
  it('for an offline license names the installation', () => {
    expect(offlineMail(view({ licensee: null }), 'x')).toEqual({ address: 'cs@nocodb.com', subject: 'Offline license request for installation 3c9f…3648', text: 'x' })
  })
  it('for a failure says what happened, with its reference', () => {
    expect(failureMail(REFUSED, view())?.subject).toBe('Our license was revoked (NCL-104), installation 3c9f…3648, Northwind Traders')
    expect(failureMail(REFUSED, null)?.subject).toBe('Our license was revoked (NCL-104)')
  })
  it.each([
    ['line breaks', 'North\r\nBcc: all@example.com\n\nwind', 'North Bcc: all@example.com wind'],
    ['other breaks and controls', 'North\u2028wind\u0085\0\u202Egnp', 'North windgnp'], ['half a character', 'North\uD83D', 'North'],
    ['too much', '𝕏'.repeat(500), `${'𝕏'.repeat(59)}…`],
  ])('is one line of readable length, whatever the organization is called: %s', (_what, organization, shown) => {
    const mail = requestMail('reissue', view(holder(organization)))
    expect(mail.subject).toBe(`Re-issue for installation 3c9f…3648, ${shown}`)
    const { searchParams, pathname } = new URL(linkOf(mail).href)
    expect([pathname, ...searchParams.keys()]).toEqual(['cs@nocodb.com', 'subject', 'body'])
    expect(searchParams.get('subject')).toBe(mail.subject)
    expect(wholeMail(mail).split('\n').slice(0, 3)).toEqual(['To: cs@nocodb.com', `Subject: ${mail.subject}`, ''])
  })
})

describe('the text of a mail to support', () => {
  it('opens with what is asked for, followed by the facts', () => {
    expect(requestMail('renewal', view()).text).toBe(`Please renew our license for this installation.\n\n${supportText(view())}`)
    expect(requestMail('support', view({ state: 'suspended' })).text).toMatch(/^Our license is suspended\. Please [^\n]+\.\n\nInstance ID: /)
  })
  it('about a failure has its facts, or at least its request', () => {
    expect(failureMail(REFUSED, view())?.text).toBe(`Our license was revoked (NCL-104 LICENSE_REVOKED). Please help us solve this.\n\n${supportText(view(), REFUSED)}`)
    expect(failureMail(REFUSED, null)?.text).toMatch(/solve this\.\n\nRequest: req-1$/)
    expect(failureMail({ ...REFUSED, code: 'NET_DNS' }, view())).toBeNull()
  })
  it('has no key and no e-mail of the license', () => {
    const mails = [requestMail('support', view()), requestMail('reissue', view()), requestMail('renewal', view()), failureMail(REFUSED, view())]
    for (const mail of mails) expect(mail && wholeMail(mail)).not.toMatch(/nc_|northwind\.example|null|undefined/)
  })
})

describe('the link of a mail', () => {
  it('holds the whole text, with the line breaks of a mail', () => {
    const mail = requestMail('reissue', view())
    expect(linkOf(mail)).toMatchObject({ shortened: false })
    expect(bodyOf(mail)).toBe(mail.text)
    expect(linkOf(mail).href).not.toMatch(/(?<!%0D)%0A|[\s<>"]/)
  })
  it.each([
    ['a long plan', view({ plan: 'w'.repeat(3000) })], ['a plan in four bytes each', view({ plan: '𝕏'.repeat(3000), ...holder('界'.repeat(500)) })],
    ['half a character', view({ plan: `${'w'.repeat(3000)}\uD83D` })],
  ])('stays below 2,000 characters and says where the rest is: %s', (_what, license) => {
    const mail = requestMail('reissue', license)
    const { href, shortened } = linkOf(mail)
    expect(shortened).toBe(true)
    expect(href.length).toBeLessThan(2000)
    expect(bodyOf(mail)).toMatch(/^Please re-issue [^]*\nInstance ID: 3c9f[^]*\n\n\[Shortened\. Press "Copy all" [^\n]+\]$/)
    expect(wholeMail(mail)).toContain(mail.text)
    expect(mail.text).toContain(`Plan: ${license.plan}`)
  })
  it('shortens nothing that just fits', () => {
    const head = linkOf({ address: 'a@b.c', subject: '', text: '' }).href.length
    const mailWith = (length: number) => ({ address: 'a@b.c', subject: '', text: 'x'.repeat(length - head) })
    expect([linkOf(mailWith(1999)).shortened, linkOf(mailWith(2000)).shortened]).toEqual([false, true])
  })
})
