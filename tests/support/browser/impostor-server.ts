import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Impostor { url: string, stop(): void }

function selfSigned(): { key: Buffer, cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'nc-impostor-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const { status, stderr } = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=127.0.0.1/O=Inspecting Firewall', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile,
  ], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl: ${stderr}`)
  const pair = { key: readFileSync(keyFile), cert: readFileSync(certFile) }
  rmSync(folder, { recursive: true })
  return pair
}

/** Starts an https server with an untrusted certificate, such as a TLS-inspecting firewall presents. */
export async function startImpostor(): Promise<Impostor> {
  const server = createServer(selfSigned(), (_request, response) => response.end('{}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `https://127.0.0.1:${address.port}`, stop: () => server.close() }
}
