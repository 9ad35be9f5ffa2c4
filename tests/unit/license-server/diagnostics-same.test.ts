import { expect, it, vi } from 'vitest'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import type { FindingCause, FindingFacts } from '../../../shared/findings.ts'
import { textOf } from '../../../shared/findings.ts'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { startProxy, startTcp } from '../../support/network/routes.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { trustRoot } from './authorities.ts'
import { foundIn, stagesTo } from './diagnosing.ts'
import { startTls } from './walking.ts'

/* A failure has one reference and one text, whether a call meets it or diagnostics do. */

vi.setConfig({ testTimeout: 60_000 })

interface Trouble { url: string, proxy?: string }
const at = (port: number, scheme = 'http') => `${scheme}://127.0.0.1:${port}`
const SERVER = 'https://license.example'

const TROUBLES: [FindingCause, string, () => Promise<Trouble>][] = [
  ['dns_no_such_name', 'NCL-201', async () => ({ url: 'https://license-server.invalid' })],
  ['refused', 'NCL-202', async () => ({ url: at(1) })],
  ['dropped', 'NCL-202', async () => ({ url: at(await startBlackHole()) })],
  ['handshake_cut', 'NCL-202', async () => ({ url: at(await startTcp(socket => socket.end()), 'https') })],
  ['no_answer', 'NCL-203', async () => ({ url: at(await startTcp(), 'https') })],
  ['no_answer', 'NCL-203', async () => ({ url: at(await startTcp()) })],
  ['not_tls', 'NCL-204', async () => ({ url: (await startDoor()).url.replace('http:', 'https:') })],
  ['tls_version', 'NCL-204', async () => ({
    url: (await startTls('good', null, { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })).url,
  })],
  ['certificate_expired', 'NCL-204', async () => ({ url: (await startTls('expired above')).url })],
  ['certificate_unknown_issuer', 'NCL-204', async () => ({ url: (await startTls('of a stranger')).url, proxy: (await startProxy()).url })],
  ['certificate_self_signed', 'NCL-204', async () => ({ url: SERVER, proxy: (await startTls('self-signed')).url })],
  ['proxy_not_found', 'NCL-205', async () => ({ url: SERVER, proxy: 'http://proxy.invalid:3128' })],
  ['proxy_refused', 'NCL-205', async () => ({ url: SERVER, proxy: at(1) })],
  ['proxy_silent', 'NCL-205', async () => ({ url: SERVER, proxy: at(await startTcp()) })],
  ['proxy_silent', 'NCL-205', async () => ({ url: SERVER, proxy: at(await startBlackHole()) })],
  ['proxy_login', 'NCL-205', async () => ({ url: SERVER, proxy: (await startProxy(407)).url.replace('//', '//someone:secret@') })],
  ['proxy_forbids', 'NCL-205', async () => ({ url: SERVER, proxy: (await startProxy(403)).url })],
  ['proxy_cannot_reach', 'NCL-205', async () => ({ url: SERVER, proxy: (await startProxy(502)).url })],
  ['redirect', 'NCL-206', async () => ({ url: (await startDoor({ status: 302, headers: { location: 'https://portal.example/' } })).url })],
  ['gateway', 'NCL-207', async () => ({ url: (await startDoor({ status: 502 })).url })],
  ['unreadable_answer', 'NCL-209', async () => ({ url: (await startDoor()).url })],
  ['not_a_license_server', 'NCL-210', async () => ({ url: (await startDoor({ status: 404 })).url })],
]
const SILENCES = new Set<FindingCause>(['dropped', 'no_answer', 'proxy_silent'])
/** The facts in which two runs may not differ. */
const lasting = ({ seconds: _seconds, clock: _clock, ...facts }: FindingFacts) => facts

it.each(TROUBLES)('%s (%s) is the same to a call and to diagnostics', async (cause, reference, start) => {
  trustRoot()
  const { url, proxy = '' } = await start()
  // However slow the machine, only silence is given up.
  const patience = SILENCES.has(cause) ? 4000 : 20_000
  const limits = { total: patience, connect: patience }
  const client = createLicenseServerClient({ baseUrl: url, version: '1', proxyFor: () => proxy, limits })
  const [outcome, stages] = await Promise.all([client.ping(), stagesTo(url, { client, proxy, patience })])
  if (outcome.ok) throw new Error('the call went well')
  const found = foundIn(stages)
  if (!found) throw new Error('diagnostics found nothing')
  expect(outcome.seen.cause).toBe(cause)
  expect(found.reference).toBe(reference)
  expect({ code: found.code, cause: found.cause, stage: found.stage, facts: lasting(found.facts) }).toEqual({
    code: outcome.seen.code, cause, stage: outcome.seen.stage, facts: lasting(outcome.seen.facts),
  })
  expect(textOf(found)).toBe(textOf(outcome.seen))
})
