import { beforeEach, describe, expect, it } from 'vitest'
import ErrorEntries from '../../../../app/components/license/ErrorEntries.vue'
import { ERROR_CODES, ERRORS } from '../../../../shared/errors.ts'
import type { Finding, FindingCode } from '../../../../shared/findings.ts'
import { found } from '../../../support/app/findings.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

beforeEach(() => openFreshPage())

const entries = async (codes: readonly FindingCode[], more: { found?: Finding[], fits?: boolean } = {}) =>
  (await render(ErrorEntries, { codes, ...more })).split(/(?=<details)/).filter(part => part.startsWith('<details'))
const entry = async (code: FindingCode, more?: { found?: Finding[], fits?: boolean }) => textsIn((await entries([code], more)).join(''))

describe('the entries of errors', () => {
  it('have each its reference, which a link leads to, its title, its meaning and what to do', async () => {
    const all = await entries(ERROR_CODES)
    expect(all.map(html => /^<details id="([^"]*)"/.exec(html)?.[1])).toEqual(ERROR_CODES.map(code => ERRORS[code].reference))
    for (const [at, html] of all.entries()) {
      const texts = textsIn(html)
      expect([texts.length, texts[0], texts[3]]).toEqual([5, ERRORS[ERROR_CODES[at] ?? 'INTERNAL'].reference, 'What to do:'])
      expect(texts.join()).not.toContain('errors.')
    }
  })

  it('say in general what a code means while nothing was found', async () => {
    expect(await entry('NET_DNS')).toEqual([
      'NCL-201', 'The license server\'s name could not be looked up', 'This server got no address for it from DNS.', 'What to do:',
      'Check the DNS of this server, and NC_LICENSE_SERVER_URL if it is set. If this server goes out through a proxy, set HTTPS_PROXY.',
    ])
  })

  it('say of a code that something was found with what that was, in the same words as everywhere else', async () => {
    const other = found('refused', { host: 'h', port: 1 })
    const finding = found('dns_silent', { host: 'app.nocodb.com' }, { code: 'NET_DNS' })
    expect((await entry('NET_DNS', { found: [other, finding], fits: true })).slice(1)).toEqual([
      'The license server\'s name could not be looked up', 'Happening now',
      'The DNS servers this machine is set to use did not answer when asked for app.nocodb.com.', 'What to do:',
      'Check that their addresses are right and that this server can reach them on port 53.',
    ])
    expect(await entry('NET_DNS', { found: [other] })).toEqual(await entry('NET_DNS'))
  })

  it('are open where they fit, and closed in the list of all others', async () => {
    expect((await entries(['NET_DNS'], { fits: true }))[0]).toMatch(/^<details id="NCL-201" open/)
    const [closed = ''] = await entries(['NET_DNS'])
    expect(closed).toMatch(/^<details id="NCL-201"(?! open)/)
    expect(textsIn(closed)).not.toContain('Happening now')
  })
})

describe('the entries of the clock', () => {
  it.each([
    ['CLOCK_AHEAD', 'NCL-401', 'This server\'s clock is ahead', 'Where it can, the license goes by the license server\'s time.'],
    ['CLOCK_BEHIND', 'NCL-402', 'This server\'s clock is behind', 'The license is not affected: it goes by the later time.'],
  ] as const)('%s has a reference, a title and advice, and a meaning only once it is found', async (code, reference, title, advice) => {
    const [html = ''] = await entries([code])
    expect(html).toContain(`<details id="${reference}"`)
    expect(textsIn(html)).toEqual([reference, title, 'What to do:', `Set this server's clock, preferably with NTP. ${advice}`])
  })

  it('say by how much the clock is wrong, once that is found, and what it does to the license', async () => {
    const [clock, trusted, expiresAt] = ['2026-11-26T14:03:00.000Z', '2026-11-18T14:03:00.000Z', '2026-11-20T00:00:00.000Z']
    const facts = { difference: 691_200, clock, trusted, expiresAt }
    expect((await entry('CLOCK_AHEAD', { found: [found('clock_ahead', facts, { code: 'CLOCK_AHEAD' })] })).slice(1)).toEqual([
      'This server\'s clock is ahead',
      'The license ends on 20 Nov 2026, 00:00\u00A0UTC. It only seems to have expired because this server\'s clock is 8 days ahead: '
      + 'it says 26 Nov 2026, 14:03\u00A0UTC, while the right time is about 18 Nov 2026, 14:03\u00A0UTC.',
      'What to do:', 'Set this server\'s clock, preferably with NTP. The license then comes back into force by itself.',
    ])
  })
})
