import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { FindingFacts, Seen } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import { foreignText } from '../license/foreign-text.ts'

/* What is wrong with a certificate, and whose it is. */

/** The certificate that was presented, in words for people. */
export interface CertificateFacts { subject: string | null, issuer: string | null, validFrom: string | null, validTo: string | null }

type Entity = DetailedPeerCertificate['subject'] | undefined
type Name = string | string[] | undefined

function firstOf(name: Name): string | null {
  return foreignText(Array.isArray(name) ? name[0] : name)
}

const personOf = (entity: Entity) => firstOf(entity?.CN) ?? firstOf(entity?.O)
const authorityOf = (entity: Entity) => firstOf(entity?.O) ?? firstOf(entity?.CN)

function timeOf(date: string | undefined): string | null {
  const at = Date.parse(date ?? '')
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}

export function describeCertificate({ subject, issuer, valid_from: from, valid_to: to }: DetailedPeerCertificate): CertificateFacts {
  return { subject: personOf(subject), issuer: authorityOf(issuer), validFrom: timeOf(from), validTo: timeOf(to) }
}

/** The names a certificate is for, as many as fit. */
function namesOf({ subjectaltname, subject }: DetailedPeerCertificate): string | null {
  const names = (subjectaltname ?? '').split(', ').map(name => name.replace(/^(?:DNS|IP Address):/, '')).filter(Boolean)
  return foreignText(names.slice(0, 4).join(', ')) ?? personOf(subject)
}

/** The first certificate of the chain for which `isIt`; the leaf if none. */
function inChain(leaf: DetailedPeerCertificate, isIt: (each: DetailedPeerCertificate) => boolean): DetailedPeerCertificate {
  let current = leaf
  for (let depth = 0; depth < 8; depth++) {
    if (isIt(current)) return current
    const next: DetailedPeerCertificate | undefined = current.issuerCertificate
    if (!next || next === current) return leaf
    current = next
  }
  return leaf
}

/** Says what is wrong with the certificate that `socket` was shown, if anything; `now` is this server's clock, ms. */
export function judgeCertificate(socket: TLSSocket, host: string, now: number): Seen<NetworkErrorCode> | null {
  if (socket.authorized) return null
  const problem: unknown = socket.authorizationError
  const errno = String(Object(problem).code ?? problem)
  const leaf = socket.getPeerCertificate(true)
  const facts: FindingFacts = { host, errno, ...describeCertificate(leaf) }
  const clock = new Date(now).toISOString()
  switch (errno) {
    case 'CERT_HAS_EXPIRED': {
      const ended = inChain(leaf, each => Date.parse(each.valid_to) <= now)
      return seen('NET_TLS', 'certificate_expired', { ...facts, ...describeCertificate(ended), subject: personOf(ended.subject) ?? host, clock })
    }
    case 'CERT_NOT_YET_VALID': {
      const early = inChain(leaf, each => Date.parse(each.valid_from) > now)
      return seen('NET_TLS', 'certificate_not_yet_valid', { ...facts, ...describeCertificate(early), subject: personOf(early.subject) ?? host, clock })
    }
    case 'ERR_TLS_CERT_ALTNAME_INVALID': return seen('NET_TLS', 'certificate_other_name', { ...facts, names: namesOf(leaf) ?? '?' })
    case 'DEPTH_ZERO_SELF_SIGNED_CERT': return seen('NET_TLS', 'certificate_self_signed', { ...facts, subject: facts.subject ?? host })
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
      return seen('NET_TLS', 'certificate_unknown_issuer', { ...facts, issuer: facts.issuer ?? '?' })
    default: return seen('NET_TLS', 'certificate_invalid', facts)
  }
}
