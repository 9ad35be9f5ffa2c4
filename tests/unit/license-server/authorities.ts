import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trustAuthority } from '../../support/network/routes.ts'

/* Certificates with every kind of trouble, made with openssl, with exact names and dates, for localhost and 127.0.0.1. */

const HERE = 'DNS:localhost,IP:127.0.0.1'
const AUTHORITY = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign'
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const LONG: Dates = ['20200101000000Z', '20990101000000Z']
const PAST: Dates = ['20200101000000Z', '20210101000000Z']
const FUTURE: Dates = ['20900101000000Z', '20990101000000Z']
type Dates = [from: string, to: string]

const CONFIG = `[ca]
default_ca = any
[any]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
unique_subject = no
policy = policy
[policy]
organizationName = optional
commonName = optional
`

/** What a server presents: the certificate, and what of the chain it sends along. */
const KINDS = {
  'good': [{ subject: '/O=License Server/CN=localhost', by: 'intermediate', dates: LONG, names: HERE }, 'intermediate'],
  'expired': [{ subject: '/O=License Server/CN=license.example', by: 'root', dates: PAST, names: HERE }],
  'expired above': [{ subject: '/O=License Server/CN=localhost', by: 'old-intermediate', dates: LONG, names: HERE }, 'old-intermediate'],
  'not yet valid': [{ subject: '/O=License Server/CN=license.example', by: 'root', dates: FUTURE, names: HERE }],
  'not yet valid above': [{ subject: '/O=License Server/CN=localhost', by: 'early-intermediate', dates: LONG, names: HERE }, 'early-intermediate'],
  'for other names': [{ subject: '/O=Shop/CN=shop.example', by: 'root', dates: LONG, names: 'DNS:shop.example,DNS:www.shop.example,IP:192.0.2.7' }],
  'for no name': [{ subject: '/O=Shop/CN=only.example', by: 'root', dates: LONG, names: null }],
  'of a stranger': [{ subject: '/O=License Server/CN=localhost', by: 'stranger', dates: LONG, names: HERE }],
  'of a stranger, who is shown': [{ subject: '/O=License Server/CN=localhost', by: 'stranger', dates: LONG, names: HERE }, 'stranger'],
  'of an intermediate that is not shown': [{ subject: '/O=License Server/CN=localhost', by: 'intermediate', dates: LONG, names: HERE }],
  'self-signed': [],
} as const satisfies Record<string, readonly [Leaf?, Authority?]>
export type Kind = keyof typeof KINDS
type Authority = 'root' | 'intermediate' | 'old-intermediate' | 'early-intermediate' | 'stranger'
interface Leaf { subject: string, by: Authority, dates: Dates, names: string | null }

interface Made { root: string, pair(kind: Kind): { key: string, cert: string } }
let made: Made | undefined

/** Key and certificates of a kind, as PEM. */
export function pairOf(kind: Kind): { key: string, cert: string } {
  return all().pair(kind)
}

/** Makes this process trust the authority behind all kinds but those of a stranger and the self-signed one, until the test ends. */
export function trustRoot(): void {
  trustAuthority(all().root)
}

/** Made once per process, and removed when it ends. */
function all(): Made {
  made ??= make()
  return made
}

function make(): Made {
  const folder = mkdtempSync(join(tmpdir(), 'nc-authorities-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const openssl = (...args: string[]) => void execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  writeFileSync(join(folder, 'ca.cnf'), CONFIG)
  writeFileSync(join(folder, 'index.txt'), '')

  function signed(name: string, by: string, subject: string, [from, to]: Dates, extensions: string): void {
    writeFileSync(join(folder, 'extensions'), extensions)
    openssl('req', ...NEW_KEY, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    openssl(
      'ca', '-batch', '-notext', '-config', 'ca.cnf', '-cert', `${by}.pem`, '-keyfile', `${by}.key`, '-startdate', from, '-enddate', to,
      '-extfile', 'extensions', '-in', `${name}.csr`, '-out', `${name}.pem`,
    )
  }
  const selfSigned = (name: string, subject: string, ...more: string[]) =>
    openssl('req', '-x509', ...NEW_KEY, '-days', '2', '-subj', subject, ...more, '-keyout', `${name}.key`, '-out', `${name}.pem`)

  selfSigned('root', '/O=Vendor Root/CN=Vendor Root')
  selfSigned('stranger', '/O=Interception Inc/CN=Interception Root')
  selfSigned('self-signed', '/O=Myself/CN=appliance.example', '-addext', `subjectAltName=${HERE}`)
  signed('intermediate', 'root', '/O=Vendor Intermediate/CN=Vendor Intermediate', LONG, AUTHORITY)
  signed('old-intermediate', 'root', '/O=Vendor Past/CN=Vendor Past', PAST, AUTHORITY)
  signed('early-intermediate', 'root', '/O=Vendor Future/CN=Vendor Future', FUTURE, AUTHORITY)
  for (const [kind, [leaf]] of Object.entries(KINDS)) {
    if (leaf) signed(kind, leaf.by, leaf.subject, leaf.dates, leaf.names === null ? 'basicConstraints=CA:FALSE' : `subjectAltName=${leaf.names}`)
  }
  return {
    root: read('root.pem'),
    pair: (kind) => {
      const [, shown] = KINDS[kind]
      return { key: read(`${kind}.key`), cert: read(`${kind}.pem`) + (shown ? read(`${shown}.pem`) : '') }
    },
  }
}
