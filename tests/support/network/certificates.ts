import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/* Certificates such as occur in the field, made with openssl. */

export type CertificateKind = 'trusted' | 'expired' | 'wrong-name' | 'wrong-purpose' | 'self-signed' | 'intercepted'

export interface Certificates {
  /** PEM file of the authority behind all kinds but `self-signed` and `intercepted`, for NODE_EXTRA_CA_CERTS. */
  caFile: string
  /** The certificate of a kind and its key, as PEM. */
  pair(kind: CertificateKind): { key: Buffer, cert: Buffer }
  remove(): void
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
export const PROXY_CA = 'Interception Inc'

/** Makes two authorities, the vendor's and an intercepting proxy's, and certificates for localhost and 127.0.0.1. */
export function createCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'nc-tls-'))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })

  const authority = (name: string, subject: string) =>
    openssl('req', '-x509', ...NEW_KEY, '-days', '2', '-subj', subject, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`))
  authority('vendor-ca', '/O=Vendor Authority/CN=Vendor Authority')
  authority('proxy-ca', `/O=${PROXY_CA}/CN=${PROXY_CA}`)

  function issue(name: CertificateKind, by: string, days: number, names: string, purpose = 'serverAuth') {
    writeFileSync(file(`${name}.ext`), `subjectAltName=${names}\nextendedKeyUsage=${purpose}`)
    openssl('req', ...NEW_KEY, '-subj', '/O=License Server/CN=localhost', '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`))
    openssl(
      'x509', '-req', '-in', file(`${name}.csr`), '-CA', file(`${by}.pem`), '-CAkey', file(`${by}.key`), '-CAcreateserial',
      '-days', String(days), '-extfile', file(`${name}.ext`), '-out', file(`${name}.pem`),
    )
  }
  const HERE = 'DNS:localhost,IP:127.0.0.1'
  issue('trusted', 'vendor-ca', 2, HERE)
  issue('expired', 'vendor-ca', -1, HERE)
  issue('wrong-name', 'vendor-ca', 2, 'DNS:app.example.com')
  issue('wrong-purpose', 'vendor-ca', 2, HERE, 'clientAuth')
  issue('intercepted', 'proxy-ca', 2, HERE)
  openssl(
    'req', '-x509', ...NEW_KEY, '-days', '2', '-subj', '/O=Myself/CN=localhost', '-addext', `subjectAltName=${HERE}`,
    '-keyout', file('self-signed.key'), '-out', file('self-signed.pem'),
  )
  return {
    caFile: file('vendor-ca.pem'),
    pair: kind => ({ key: readFileSync(file(`${kind}.key`)), cert: readFileSync(file(`${kind}.pem`)) }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
