import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { startOldTlsFront, startProxy, startTlsFront } from '../../support/network/routes.ts'
import type { CertificateKind } from '../../support/network/certificates.ts'
import type { Broken, Injection } from '../injection.ts'
import { BLAMELESS } from '../injection.ts'
import { listen, tunnelling } from '../fronts.ts'

/* What can be in the way to the license server. Each is injected while a key is saved, and while a license checks in. */

const DEEDS = ['save', 'check in'] as const
const never = BLAMELESS

const url = (host: string, port = 443): Broken => ({ licenseServerUrl: `https://${host}${port === 443 ? '' : `:${port}`}` })

/** An https front with a certificate of that kind, whose authority is trusted. */
const behind = (kind: CertificateKind): Injection['arrange'] => async ({ licenseServer }) => {
  const front = await startTlsFront(licenseServer.url, kind)
  return { licenseServerUrl: front.url, env: { NODE_EXTRA_CA_CERTS: front.caFile } }
}

export const NETWORK: readonly Injection[] = [
  {
    name: 'a name that does not exist', cause: 'dns_no_such_name', deeds: DEEDS, isolated: true, never,
    arrange: async () => url('missing.test'), named: [/missing\.test/, /NC_LICENSE_SERVER_URL/], helps: /spelling|allowed in your DNS/,
  },
  {
    name: 'a resolver that says nothing', cause: 'dns_silent', deeds: DEEDS, isolated: true, never,
    arrange: async () => url('silent.test'), named: [/silent\.test/], adminOnly: [/127\.0\.0\.1/], helps: /port 53/,
  },
  {
    name: 'a resolver that cannot say', cause: 'dns_silent', deeds: DEEDS, isolated: true, never,
    arrange: async () => url('failing.test'), named: [/failing\.test/, /could not answer/], helps: /look up names/,
  },
  {
    name: 'a port that refuses', cause: 'refused', deeds: DEEDS, never,
    arrange: async () => ({ licenseServerUrl: 'https://127.0.0.1:9' }), named: [/port 9/, /refused/], adminOnly: [/127\.0\.0\.1/], helps: /firewall/,
  },
  {
    name: 'no route', cause: 'no_route', deeds: DEEDS, isolated: true, never,
    arrange: async () => url('away.test'), named: [/away\.test/, /port 443/], helps: /gateway/,
  },
  {
    name: 'a firewall that rejects', cause: 'refused', deeds: DEEDS, isolated: true, never,
    async arrange() {
      firewall('tcp dport 4443 reject with tcp reset')
      return url('here.test', 4443)
    },
    named: [/here\.test/, /port 4443/], helps: /firewall/,
  },
  {
    name: 'a firewall that drops', cause: 'dropped', deeds: DEEDS, isolated: true, never,
    async arrange() {
      firewall('tcp dport 4444 drop')
      return url('here.test', 4444)
    },
    named: [/here\.test/, /port 4444/, /5 seconds/], helps: /Allow outgoing connections/,
  },
  {
    name: 'a port whose queue is full', cause: 'dropped', deeds: DEEDS, never,
    arrange: async () => ({ licenseServerUrl: `https://127.0.0.1:${await startBlackHole()}` }), named: [/seconds/], helps: /Allow outgoing connections/,
  },
  {
    name: 'a firewall that cuts the handshake', cause: 'handshake_cut', deeds: DEEDS, never,
    arrange: async () => ({ licenseServerUrl: `https://127.0.0.1:${await listen(socket => socket.once('data', () => socket.resetAndDestroy()))}` }),
    named: [/accepted/, /encryption/], helps: /filters by server name/,
  },
  {
    name: 'silence in the handshake', cause: 'no_answer', deeds: DEEDS, never,
    arrange: async () => ({ licenseServerUrl: `https://127.0.0.1:${await listen(() => undefined)}` }), named: [/accepted the connection/, /encryption/], helps: /firewall or proxy/,
  },
  {
    name: 'a server without TLS', cause: 'not_tls', deeds: DEEDS, never,
    arrange: async ({ licenseServer }) => ({ licenseServerUrl: `https://127.0.0.1:${licenseServer.port}` }), named: [/does not use encryption/], helps: /NC_LICENSE_SERVER_URL/,
  },
  {
    name: 'TLS 1.0', cause: 'tls_version', deeds: DEEDS, never,
    async arrange({ licenseServer }) {
      const front = await startOldTlsFront(licenseServer.url)
      return { licenseServerUrl: front.url, env: { NODE_EXTRA_CA_CERTS: front.caFile } }
    },
    named: [/TLS 1\.0/], helps: /updated, or have/,
  },
  {
    name: 'an expired certificate', cause: 'certificate_expired', deeds: DEEDS, arrange: behind('expired'),
    named: [/expired on/, /clock says/], helps: /renewed/, never: /NODE_EXTRA_CA_CERTS|nothing is wrong here/i,
  },
  {
    name: 'a certificate that is not valid yet', cause: 'certificate_not_yet_valid', deeds: ['save'], needs: 'faketime', never: /NODE_EXTRA_CA_CERTS|nothing is wrong here/i,
    async arrange({ licenseServer }) {
      const front = await startTlsFront(licenseServer.url)
      return {
        licenseServerUrl: front.url, env: { NODE_EXTRA_CA_CERTS: front.caFile }, wrapper: ['env', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'faketime', '-f', '-3d'],
      }
    },
    named: [/not valid before/, /clock says/], helps: /If the clock is wrong/,
  },
  {
    name: 'a self-signed certificate', cause: 'certificate_self_signed', deeds: DEEDS, arrange: behind('self-signed'),
    named: [/self-signed/, /localhost/], helps: /what DNS says/, never,
  },
  {
    name: 'a certificate for another name', cause: 'certificate_other_name', deeds: DEEDS, arrange: behind('wrong-name'),
    named: [/app\.example\.com/], helps: /what DNS says/, never: /NODE_EXTRA_CA_CERTS|nothing is wrong here/i,
  },
  {
    name: 'an intercepted connection', cause: 'certificate_unknown_issuer', deeds: DEEDS, arrange: behind('intercepted'),
    named: [/Interception Inc/], helps: /NODE_EXTRA_CA_CERTS/, never,
  },
  {
    name: 'a proxy that is not there', cause: 'proxy_refused', deeds: DEEDS, never,
    arrange: async () => through('http://127.0.0.1:9'), named: [/refused the connection/], adminOnly: [/http:\/\/127\.0\.0\.1:9/], helps: /HTTPS_PROXY/,
  },
  {
    name: 'a proxy that says nothing', cause: 'proxy_silent', deeds: DEEDS, never,
    arrange: async () => through(`http://127.0.0.1:${await listen(() => undefined)}`), named: [/10 seconds/], adminOnly: [/127\.0\.0\.1:\d+/], helps: /HTTPS_PROXY/,
  },
  {
    name: 'a proxy whose name does not exist', cause: 'proxy_not_found', deeds: DEEDS, isolated: true, never,
    arrange: async () => through('http://proxy-missing.test:3128'), named: [/proxy-missing\.test/], helps: /spelling/,
  },
  {
    name: 'a proxy that wants a login', cause: 'proxy_login', deeds: DEEDS, never,
    arrange: async () => through((await startProxy(407)).url), named: [/requires a login/], helps: /percent-encoded/,
  },
  {
    name: 'a proxy that refuses the login', cause: 'proxy_login', deeds: DEEDS, never: /canary-password/,
    arrange: async () => through((await startProxy(407)).url.replace('//', '//bob:canary-password@')), named: [/did not accept the login/], adminOnly: [/bob/], helps: /percent-encoded/,
  },
  {
    name: 'a proxy that forbids', cause: 'proxy_forbids', deeds: DEEDS, never,
    arrange: async () => through((await startProxy(403)).url), named: [/license\.example\.com/, /403/], helps: /license\.example\.com:443/,
  },
  {
    name: 'a proxy that cannot reach it', cause: 'proxy_cannot_reach', deeds: DEEDS, never,
    arrange: async () => through((await startProxy(503)).url), named: [/could not reach license\.example\.com/, /503/], helps: /its DNS/,
  },
  {
    name: 'a certificate behind a proxy', cause: 'certificate_unknown_issuer', deeds: DEEDS, never,
    async arrange({ licenseServer }) {
      const front = await startTlsFront(licenseServer.url, 'intercepted')
      return { licenseServerUrl: front.url, env: { HTTPS_PROXY: await tunnelling() } }
    },
    named: [/Interception Inc/], helps: /exempted/,
  },
]

function through(proxy: string): Broken {
  return { licenseServerUrl: 'https://license.example.com', env: { HTTPS_PROXY: proxy, NO_PROXY: '' } }
}

/** A rule of this namespace's own firewall, until the test ends. */
function firewall(rule: string): void {
  // By its path: node_modules/.bin has a program of the same name.
  const nft = (...args: string[]) => execFileSync('/usr/sbin/nft', args, { stdio: 'pipe' })
  nft('add', 'table', 'inet', 'diagnosis')
  nft('add', 'chain', 'inet', 'diagnosis', 'input', '{ type filter hook input priority 0; }')
  nft('add', 'rule', 'inet', 'diagnosis', 'input', ...rule.split(' '))
  onTestFinished(() => void nft('delete', 'table', 'inet', 'diagnosis'))
}

