import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { FindingCause, FindingFacts, FindingStage } from '../../shared/findings.ts'
import { foreignText } from '../license/foreign-text.ts'
import { causesOf, codesOf, isTimeout } from './network-failure.ts'

/* What it says about the way if one of its steps ended with an error, or with a proxy's answer. Nothing here touches a socket. */

/** What was seen, as far as error or answer alone tell it. */
export interface Judgement { code: NetworkErrorCode, cause: FindingCause, facts?: FindingFacts, stage?: FindingStage }

const NO_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'])
const REFUSED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE'])
const NOT_TLS = /wrong.version.number|packet.length.too.long|record.layer.failure|http.request|bad.record.type/i
const OLD_TLS = /unsupported.protocol|protocol.version|version.too.low|legacy.sigalg|no.protocols.available/i
/** A resolver that says quickly that it cannot say was not silent. */
const QUICK_MS = 1500

interface LookUp {
  /** Whose name was looked up. */
  of: { host: string, port: number }
  /** Whether that is a proxy. */
  proxied: boolean
  /** Whether the operator has set the license server's address. */
  configured: boolean
  /** How long it took to fail. */
  ms: number
  /** The addresses of those that were asked. */
  resolvers: readonly string[]
}

/** Which variable has set the address, if one has. */
export function settingOf(configured: boolean): FindingFacts {
  return { setting: configured ? 'NC_LICENSE_SERVER_URL' : null }
}

/** Why a name led to no address. */
export function judgeLookUp(error: unknown, { of, proxied, configured, ms, resolvers }: LookUp): Judgement {
  if (codesOf(error).some(code => NO_NAME.has(code))) {
    if (proxied) return { code: 'NET_PROXY', cause: 'proxy_not_found', stage: 'dns' }
    return { code: 'NET_DNS', cause: 'dns_no_such_name', facts: settingOf(configured) }
  }
  const setting = !isTimeout(error) && ms < QUICK_MS ? 'failed' : null
  return { code: proxied ? 'NET_PROXY' : 'NET_DNS', cause: 'dns_silent', facts: { ...of, resolvers: resolvers.join(', '), setting } }
}

/** Why there is no connection to the license server, or to the proxy. */
export function judgeConnection(error: unknown, { proxied, configured }: Pick<LookUp, 'proxied' | 'configured'>): Judgement {
  const { code, address, silent } = tellingOf(error)
  const facts = { errno: code, address }
  if (proxied) return { code: 'NET_PROXY', cause: silent ? 'proxy_silent' : 'proxy_refused', facts }
  const cause = silent ? 'dropped' : REFUSED.has(code ?? '') ? 'refused' : 'no_route'
  return { code: 'NET_CONNECT', cause, facts: { ...facts, ...settingOf(configured) } }
}

/** Why a proxy has given no answer to the question for a tunnel. */
export function judgeTunnel(error: unknown): Judgement {
  return { code: 'NET_PROXY', cause: isTimeout(error) ? 'proxy_silent' : 'proxy_refused' }
}

/** What a proxy means by a status with which there is no tunnel; null if there is one. */
export function judgeTunnelStatus(status: number, { protocol, host, username, password }: URL): Judgement | null {
  if (status >= 200 && status < 300) return null
  if (status !== 407) return { code: 'NET_PROXY', cause: status >= 500 ? 'proxy_cannot_reach' : 'proxy_forbids', facts: { status } }
  const example = `${protocol}//USER:PASSWORD@${host}`
  // A user without a password may be a token, which is nobody's name.
  const user = password === '' ? null : foreignText(decodeURIComponent(username))
  return { code: 'NET_PROXY', cause: 'proxy_login', facts: { status, user, example, setting: username === '' ? null : 'login' } }
}

/** Why encryption has not been agreed on. */
export function judgeHandshake(error: unknown): Judgement {
  if (isTimeout(error)) return { code: 'NET_TIMEOUT', cause: 'no_answer' }
  const text = `${codesOf(error).join(' ')} ${causesOf(error).map(({ message }) => message).join(' ')}`
  if (OLD_TLS.test(text)) return { code: 'NET_TLS', cause: 'tls_version' }
  if (NOT_TLS.test(text)) return { code: 'NET_TLS', cause: 'not_tls' }
  return { code: /ERR_SSL|ERR_TLS|EPROTO/.test(text) ? 'NET_TLS' : 'NET_CONNECT', cause: 'handshake_cut' }
}

/** Of several addresses, the failure that says most: a refusal before silence, silence before no route. */
function tellingOf(error: unknown): { code: string | null, address: string | null, silent: boolean } {
  const tried = causesOf(error).flatMap((each) => {
    if (each instanceof AggregateError || !('code' in each) || typeof each.code !== 'string') return []
    return [{ code: each.code, address: 'address' in each ? String(each.address) : null }]
  })
  const refused = tried.find(({ code }) => REFUSED.has(code))
  const silent = tried.find(({ code }) => code === 'ETIMEDOUT')
  const [other] = tried
  const telling = refused ?? silent ?? other ?? { code: null, address: null }
  return { ...telling, code: telling.code ?? (isTimeout(error) ? 'ETIMEDOUT' : null), silent: telling === silent || (!other && isTimeout(error)) }
}
