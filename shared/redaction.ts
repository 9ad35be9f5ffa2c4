import type { Role } from './contracts.ts'
import type { Finding } from './findings.ts'

/* Who may see what: anybody but an administrator is told no IP address, and not who logs in at a proxy. */

/** Who asks; `nobody` is not signed in. */
export type Audience = Role | 'nobody'

/** A finding as somebody may see it. */
export function redactFinding(finding: Finding, audience: Audience): Finding {
  if (audience === 'admin') return finding
  const { user: _user, ...facts } = finding.facts
  return { ...finding, facts: withoutAddresses(facts) }
}

/** The same value with every IP address hidden, in all the texts that it holds. */
export function withoutAddresses<T>(value: T): T {
  return mapTexts(value, redactAddresses) as T
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map(each => mapTexts(each, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapTexts(each, change)]))
}

/** Hides IP addresses in a text; a time is left as it is. */
export function redactAddresses(text: string): string {
  return ISO_TIME.test(text) ? text : text.replaceAll(ADDRESS, '•')
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
/** IPv4 addresses, and IPv6 addresses with or without brackets or an IPv4 address at their end. */
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[\da-f]{0,4}:){2,8}(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{0,4})(?![\w:])/gi
