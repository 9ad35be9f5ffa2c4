import type { TlsOptions } from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import type { CertificateKind } from '../../support/network/certificates.ts'
import { PROXY_CA } from '../../support/network/certificates.ts'
import { startOldTlsFront, startTlsFront } from '../../support/network/routes.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { failedOf, outline, pong, stageOf, stagesTo, startTcp, trust } from './diagnosing.ts'

vi.setConfig({ testTimeout: 60_000 })

describe('the TLS stage', () => {
  it('names the certificate', async () => {
    const { url, caFile } = await startTlsFront((await startDoor(pong())).url)
    trust(caFile)
    const stages = await stagesTo(url)
    expect(outline(stages)).toBe('ok sk sk ok ok ok ok')
    expect(stageOf(stages, 'tls')?.facts).toEqual({
      issuer: 'Vendor Authority', subject: 'localhost', validTo: expect.stringMatching(/GMT$/), protocol: 'TLSv1.3', intercepted: false,
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
    expect(outline(await stagesTo(url.replace('127.0.0.1', 'localhost')))).toBe('ok ok sk ok ok ok ok')
    // By the stage itself, and by the call after it.
    expect(asked).toEqual(['localhost', 'localhost'])
  })

  it.each<[CertificateKind, string, boolean, string]>([
    ['intercepted', PROXY_CA, true, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'], ['self-signed', 'Myself', true, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['expired', 'Vendor Authority', false, 'CERT_HAS_EXPIRED'], ['wrong-name', 'Vendor Authority', false, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('F32: a certificate that is %s is laid at the door of %s', async (kind, issuer, intercepted, error) => {
    const door = await startDoor(pong())
    const { url, caFile } = await startTlsFront(door.url, kind)
    trust(caFile)
    const stages = await stagesTo(url)
    expect(outline(stages)).toBe('ok sk sk ok fa sk sk')
    expect(failedOf(stages)).toMatchObject({ stage: 'tls', code: 'NET_TLS', remedy: 'checkCertificate', facts: { issuer, intercepted, error } })
    expect(door.received).toEqual([])
  })

  it('F32: fails with an obsolete version, and with a server that speaks no TLS', async () => {
    const { url } = await startOldTlsFront((await startDoor()).url)
    for (const target of [url, (await startDoor()).url.replace('http:', 'https:')]) {
      const failed = failedOf(await stagesTo(target))
      expect(failed).toMatchObject({ stage: 'tls', code: 'NET_TLS', remedy: 'checkCertificate', facts: { host: '127.0.0.1', error: expect.stringMatching(/^E[A-Z_0-9]+$/) } })
    }
  })

  it('F31: fails with a server that hangs up, or never completes the handshake', async () => {
    const [closing, silent] = [await startTcp(socket => socket.end()), await startTcp()]
    expect(failedOf(await stagesTo(`https://127.0.0.1:${closing}`))).toMatchObject({ stage: 'tls', facts: { error: 'ECONNRESET' } })
    expect(failedOf(await stagesTo(`https://127.0.0.1:${silent}`, { patience: 2000 }))).toMatchObject({ stage: 'tls', facts: { error: 'ETIMEOUT' } })
  })
})
