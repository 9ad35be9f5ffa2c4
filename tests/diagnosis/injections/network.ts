import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { findCommand } from '../../support/debian-packages.ts'
import { startBlackHole } from '../../support/network/black-hole.ts'
import type { TlsFront } from '../../support/network/routes.ts'
import { startOldTlsFront, startProxy, startTcp, startTlsFront } from '../../support/network/routes.ts'
import type { CertificateKind } from '../../support/network/certificates.ts'
import type { Broken, Injection } from '../injection.ts'
import { inEveryCall } from '../injection.ts'

/* What can be in the way to the license server. */

const ALL: readonly Omit<Injection, 'deeds'>[] = [
  {
    name: 'a name that does not exist', cause: 'dns_no_such_name', isolated: true,
    arrange: async () => at('missing.test'),
    named: [/missing\.test/, /NC_LICENSE_SERVER_URL/], helps: /spelling|allowed in your DNS/,
  },
  {
    name: 'a resolver that says nothing', cause: 'dns_silent', isolated: true,
    arrange: async () => at('silent.test'),
    named: [/silent\.test/], adminOnly: [/127\.0\.0\.1/], helps: /port 53/,
  },
  {
    name: 'a resolver that cannot say', cause: 'dns_silent', isolated: true,
    arrange: async () => at('failing.test'),
    named: [/failing\.test/, /could not answer/], helps: /look up names/,
  },
  {
    name: 'a port that refuses', cause: 'refused',
    arrange: async () => at('127.0.0.1', 9),
    named: [/port 9/, /refused/], adminOnly: [/127\.0\.0\.1/], helps: /firewall/,
  },
  {
    name: 'no route', cause: 'no_route', isolated: true,
    arrange: async () => at('away.test'),
    named: [/away\.test/, /port 443/], helps: /gateway/,
  },
  {
    name: 'a firewall that rejects', cause: 'refused', isolated: true,
    async arrange() {
      firewall('tcp dport 4443 reject with tcp reset')
      return at('here.test', 4443)
    },
    named: [/here\.test/, /port 4443/], helps: /firewall/,
  },
  {
    name: 'a firewall that drops', cause: 'dropped', isolated: true,
    async arrange() {
      firewall('tcp dport 4444 drop')
      return at('here.test', 4444)
    },
    named: [/here\.test/, /port 4444/, /[45] seconds/], helps: /Allow outgoing connections/,
  },
  {
    name: 'a port whose queue is full', cause: 'dropped',
    arrange: async () => at('127.0.0.1', await startBlackHole()),
    named: [/seconds/], helps: /Allow outgoing connections/,
  },
  {
    name: 'a firewall that cuts the handshake', cause: 'handshake_cut',
    arrange: async () => at('127.0.0.1', await startTcp(socket => socket.once('data', () => socket.resetAndDestroy()))),
    named: [/accepted/, /encryption/], helps: /filters by server name/,
  },
  {
    name: 'silence in the handshake', cause: 'no_answer',
    arrange: async () => at('127.0.0.1', await startTcp()),
    named: [/accepted the connection/, /encryption/], helps: /firewall or proxy/,
  },
  {
    name: 'a server without TLS', cause: 'not_tls',
    arrange: async ({ licenseServer }) => at('127.0.0.1', licenseServer.port),
    named: [/does not use encryption/], helps: /NC_LICENSE_SERVER_URL/,
  },
  {
    name: 'TLS 1.0', cause: 'tls_version',
    arrange: async ({ licenseServer }) => trusting(await startOldTlsFront(licenseServer.url)),
    named: [/TLS 1\.0/], helps: /updated, or have it/,
  },
  {
    name: 'an expired certificate', cause: 'certificate_expired', arrange: behind('expired'),
    named: [/expired on/, /clock says/], helps: /renew the certificate/, never: /NODE_EXTRA_CA_CERTS|nothing is wrong here/i,
  },
  {
    name: 'a self-signed certificate', cause: 'certificate_self_signed', arrange: behind('self-signed'),
    named: [/self-signed/, /localhost/], helps: /what DNS says/,
  },
  {
    name: 'a certificate for another name', cause: 'certificate_other_name', arrange: behind('wrong-name'),
    named: [/app\.example\.com/], helps: /what DNS says/, never: /NODE_EXTRA_CA_CERTS|nothing is wrong here/i,
  },
  {
    name: 'a certificate for another purpose', cause: 'certificate_invalid', arrange: behind('wrong-purpose'),
    named: [/cannot be accepted/, /INVALID_PURPOSE/], helps: /replaced there/, never: /NODE_EXTRA_CA_CERTS|nothing is wrong here/i,
  },
  {
    name: 'an intercepted connection', cause: 'certificate_unknown_issuer', arrange: behind('intercepted'),
    named: [/Interception Inc/], helps: /NODE_EXTRA_CA_CERTS/,
  },
  {
    name: 'a proxy that is not there', cause: 'proxy_refused',
    arrange: async () => through('http://127.0.0.1:9'),
    named: [/refused the connection/], adminOnly: [/http:\/\/127\.0\.0\.1:9/], helps: /HTTPS_PROXY/,
  },
  {
    name: 'a proxy that says nothing', cause: 'proxy_silent',
    arrange: async () => through(`http://127.0.0.1:${await startTcp()}`),
    named: [/10 seconds/], adminOnly: [/127\.0\.0\.1:\d+/], helps: /HTTPS_PROXY/,
  },
  {
    name: 'a proxy whose name does not exist', cause: 'proxy_not_found', isolated: true,
    arrange: async () => through('http://proxy-missing.test:3128'),
    named: [/proxy-missing\.test/], helps: /spelling/,
  },
  {
    name: 'a proxy that wants a login', cause: 'proxy_login',
    arrange: async () => through((await startProxy(407)).url),
    named: [/requires a login/], helps: /percent-encoded/,
  },
  {
    name: 'a proxy that refuses the login', cause: 'proxy_login',
    arrange: async () => through((await startProxy(407)).url.replace('//', '//bob:canary-password@')),
    named: [/did not accept the login/], adminOnly: [/bob/], helps: /percent-encoded/, never: /canary-password/,
  },
  {
    name: 'a proxy that forbids', cause: 'proxy_forbids',
    arrange: async () => through((await startProxy(403)).url),
    named: [/license\.example\.com/, /403/], helps: /license\.example\.com:443/,
  },
  {
    name: 'a proxy that cannot reach it', cause: 'proxy_cannot_reach',
    arrange: async () => through((await startProxy(503)).url),
    named: [/could not reach license\.example\.com/, /503/], helps: /its DNS/,
  },
  {
    name: 'a certificate behind a proxy', cause: 'certificate_unknown_issuer',
    async arrange({ licenseServer }) {
      const front = await startTlsFront(licenseServer.url, 'intercepted')
      return { licenseServerUrl: front.url, env: { HTTPS_PROXY: (await startProxy()).url } }
    },
    named: [/Interception Inc/], helps: /exempted/,
  },
]

/** Only for a save: a license that was activated by the right clock would say that this one is behind. */
const NOT_YET_VALID: Injection = {
  name: 'a certificate that is not valid yet', cause: 'certificate_not_yet_valid', deeds: ['save'], needsClock: true,
  async arrange({ licenseServer, wrongClock }) {
    const { licenseServerUrl, env } = trusting(await startTlsFront(licenseServer.url))
    return { licenseServerUrl, env: { ...env, ...wrongClock(-3 * 86_400) } }
  },
  named: [/not valid before/, /clock says/], helps: /If the clock is wrong/, never: /NODE_EXTRA_CA_CERTS|nothing is wrong here/i,
}

export const NETWORK: readonly Injection[] = [...ALL.map(inEveryCall), NOT_YET_VALID]

function at(host: string, port = 443): Broken {
  return { licenseServerUrl: `https://${host}${port === 443 ? '' : `:${port}`}` }
}

/** An https front, whose authority is trusted. */
function trusting({ url, caFile }: TlsFront): Broken {
  return { licenseServerUrl: url, env: { NODE_EXTRA_CA_CERTS: caFile } }
}

/** The same with a certificate of that kind. */
function behind(kind: CertificateKind): Injection['arrange'] {
  return async ({ licenseServer }) => trusting(await startTlsFront(licenseServer.url, kind))
}

function through(proxy: string): Broken {
  return { licenseServerUrl: 'https://license.example.com', env: { HTTPS_PROXY: proxy, NO_PROXY: '' } }
}

/** A rule of this namespace's own firewall, until the test ends. */
function firewall(rule: string): void {
  const command = findCommand('nft')
  if (command === undefined) throw new Error('nft is needed (apt-get install nftables)')
  const nft = (...args: string[]) => execFileSync(command, args, { stdio: 'pipe' })
  nft('add', 'table', 'inet', 'diagnosis')
  nft('add', 'chain', 'inet', 'diagnosis', 'input', '{ type filter hook input priority 0; }')
  nft('add', 'rule', 'inet', 'diagnosis', 'input', ...rule.split(' '))
  onTestFinished(() => void nft('delete', 'table', 'inet', 'diagnosis'))
}
