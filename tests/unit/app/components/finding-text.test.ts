import { beforeEach, describe, expect, it } from 'vitest'
import FindingText from '../../../../app/components/common/FindingText.vue'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import { found } from '../../../support/app/findings.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

const FINDING = found('refused', { host: 'app.nocodb.com', port: 443, address: '203.0.113.7', errno: 'ECONNREFUSED' })

beforeEach(() => openFreshPage())

describe('a finding', () => {
  it('is a sentence on what was seen, one on what to do, and below them what else was observed', async () => {
    expect(textsIn(await render(FindingText, { finding: FINDING }))).toEqual([
      'The connection to app.nocodb.com on port 443 was refused. It did not go through a proxy.',
      'Allow this server to connect to app.nocodb.com on port 443: a firewall that rejects connections looks like this. '
      + 'If this server only reaches the internet through a proxy, set HTTPS_PROXY and restart NocoDB.',
      'IP address:', '203.0.113.7', 'Error:', 'ECONNREFUSED',
    ])
  })

  it('has its code and its cause on it, for whoever tests or scripts the page', async () => {
    const html = await render(FindingText, { finding: FINDING })
    expect(html).toMatch(/^<div [^>]*data-testid="finding"[^>]*>/)
    expect(html).toMatch(/^<div [^>]*data-code="NET_CONNECT"[^>]*>/)
    expect(html).toMatch(/^<div [^>]*data-cause="refused"[^>]*>/)
  })

  it('about which nothing else is known is the two sentences alone', async () => {
    const html = await render(FindingText, { finding: found('key_unknown') })
    expect(html).not.toContain('<dl')
    expect(textsIn(html)).toHaveLength(2)
  })

  it('shows text of others as text, and of a long one the beginning', async () => {
    const facts = { host: '<b>h</b>', status: 200, title: '<script>alert(1)</script>', server: 'x'.repeat(200) }
    const html = await render(FindingText, { finding: found('web_page', facts) })
    expect(html).not.toMatch(/<b>|<script>/)
    expect(textsIn(html)).toEqual([
      'A web page titled “<script>alert(1)</script>” came back in place of the answer from <b>h</b> (status 200).', expect.any(String),
      'Answered by:', `${'x'.repeat(160)}…`, 'Show all',
    ])
  })

  it.each(LANGUAGES.map(({ code }) => code))('is in the language of the page, %s', async (locale) => {
    openFreshPage(locale)
    const messages = new Map(flattenMessages(readLocale(locale)))
    const told = (key: string) => messages.get(key)?.replaceAll('{host}', 'app.nocodb.com').replaceAll('{port}', '443')
    expect(textsIn(await render(FindingText, { finding: FINDING }))).toEqual([
      told('finding.refused.seen'), told('finding.refused.do'), `${messages.get('fact.address')}${messages.get('common.colon')}`, '203.0.113.7',
      `${messages.get('fact.errno')}${messages.get('common.colon')}`, 'ECONNREFUSED',
    ])
  })
})
