import type { TlsOptions } from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import type { CertificateKind } from '../../support/network/certificates.ts'
import { PROXY_CA } from '../../support/network/certificates.ts'
import { startOldTlsFront, startTcp, startTlsFront, trust } from '../../support/network/routes.ts'
import { START } from '../../support/simulated-clock.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { foundIn, outline, pong, stageOf, stagesTo } from './diagnosing.ts'

vi.setConfig({ testTimeout: 60_000 })

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/

describe('the TLS stage', () => {
  it('names the certificate', async () => {
    const { url, caFile } = await startTlsFront((await startDoor(pong())).url)
    trust(caFile)
    const stages = await stagesTo(url)
    expect(outline(stages)).toBe('sk ok sk sk ok ok ok ok')
    expect(stageOf(stages, 'tls')?.facts).toEqual({
      issuer: 'Vendor Authority', subject: 'localhost', validFrom: expect.stringMatching(DATE), validTo: expect.stringMatching(DATE), protocol: 'TLSv1.3',
    })
  })

  it('asks for the certificate by its name', async () => {
    const asked: string[] = []
    const SNICallback: TlsOptions['SNICallback'] = (name, answer) => {
      asked.push(name)
      answer(null)
    }
    const { url, caFile } = await startTlsFront((await startDoor(pong())).url, 'trusted', { SNICallback })
    trust(caFile)
    expect(outline(await stagesTo(url.replace('127.0.0.1', 'localhost')))).toBe('sk ok ok sk ok ok ok ok')
    // By the stage itself, and by the call after it.
    expect(asked).toEqual(['localhost', 'localhost'])
  })

  it.each<[CertificateKind, string, string, string]>([
    ['intercepted', PROXY_CA, 'certificate_unknown_issuer', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['self-signed', 'Myself', 'certificate_self_signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['expired', 'Vendor Authority', 'certificate_expired', 'CERT_HAS_EXPIRED'],
    ['wrong-name', 'Vendor Authority', 'certificate_other_name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('F32: a certificate that is %s is laid at the door of %s', async (kind, issuer, cause, errno) => {
    const door = await startDoor(pong())
    const { url, caFile } = await startTlsFront(door.url, kind)
    trust(caFile)
    const stages = await stagesTo(url)
    expect(outline(stages)).toBe('sk ok sk sk ok fa sk sk')
    expect(foundIn(stages)).toMatchObject({ stage: 'tls', code: 'NET_TLS', reference: 'NCL-204', cause, facts: { issuer, errno } })
    expect(door.received).toEqual([])
  })

  it('F32: says what the machine\'s clock says, by which certificates are judged', async () => {
    const { url, caFile } = await startTlsFront((await startDoor(pong())).url, 'expired')
    trust(caFile)
    const before = Date.now()
    const clock = Date.parse(String(foundIn(await stagesTo(url, { now: START }))?.facts.clock))
    expect(clock).toBeGreaterThanOrEqual(before)
    expect(clock).toBeLessThanOrEqual(Date.now())
  })

  it('F32: fails with an obsolete version, and with a server that speaks no TLS', async () => {
    const old = await startOldTlsFront((await startDoor()).url)
    expect(foundIn(await stagesTo(old.url))).toMatchObject({
      stage: 'tls', code: 'NET_TLS', cause: 'tls_version', facts: { host: '127.0.0.1', version: 'TLS 1.0', errno: expect.stringMatching(/^E[A-Z_0-9]+$/) },
    })
    const plain = (await startDoor()).url.replace('http:', 'https:')
    expect(foundIn(await stagesTo(plain))).toMatchObject({
      stage: 'tls', code: 'NET_TLS', cause: 'not_tls', facts: { host: '127.0.0.1', errno: expect.stringMatching(/^E[A-Z_0-9]+$/) },
    })
  })

  it('F31: fails with a server that hangs up, or never completes the handshake', async () => {
    const [closing, silent] = [await startTcp(socket => socket.end()), await startTcp()]
    expect(foundIn(await stagesTo(`https://127.0.0.1:${closing}`))).toMatchObject({
      stage: 'tls', code: 'NET_CONNECT', cause: 'handshake_cut', facts: { port: closing, errno: 'ECONNRESET' },
    })
    expect(foundIn(await stagesTo(`https://127.0.0.1:${silent}`, { patience: 2000 }))).toMatchObject({
      stage: 'tls', code: 'NET_TIMEOUT', cause: 'no_answer', facts: { port: silent, errno: 'ETIMEDOUT' },
    })
  })
})
