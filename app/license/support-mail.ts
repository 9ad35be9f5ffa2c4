import type { Failure } from '~/api/failure'
import { SUPPORT_ADDRESS, supportText } from '~/license/support-text'
import type { LicenseView } from '#shared/contracts'

/* Mails to support: always in English, for the vendor's people, and never with a secret of their own. */

export interface Mail { address: string, subject: string, text: string }
export type MailAction = 'support' | 'reissue' | 'renewal'

/* What mail programs and the shells that start them take without cutting it off. */
const LONGEST_LINK = 1999
const LONGEST_NAME = 60
const LONGEST_LINE = 160
const POINTER = '[Shortened. Press "Copy all" where this mail was opened, and paste the whole text here.]'

/* Only the vendor can resolve these. */
const PROBLEMS: Partial<Record<Failure['code'], string>> = {
  KEY_UNKNOWN: 'The license server does not know our key',
  LICENSE_REVOKED: 'Our license was revoked',
  LICENSE_SUSPENDED: 'Our license is suspended',
  METHOD_NOT_IN_PLAN: 'Our plan does not include this method of activation',
  BOUND_TO_DIFFERENT_INSTALLATION: 'Our license is bound to a different installation',
  TOKEN_CLAIMS_INVALID: 'Our license token has invalid contents',
  TOKEN_UNKNOWN_SIGNER: 'Our license token was signed with an unknown key',
  INTERNAL: 'Something went wrong in our server',
}

const REQUESTS = {
  reissue: {
    subject: (view: LicenseView) => `Re-issue for ${installationOf(view)}`,
    asked: 'Please re-issue our license for this installation: it is bound to a different Instance ID.',
  },
  renewal: {
    subject: (view: LicenseView) => `Renewal of the license of ${holderOf(view)}`,
    asked: 'Please renew our license for this installation.',
  },
  revoked: {
    subject: (view: LicenseView) => `Revoked license of ${holderOf(view)}`,
    asked: 'Our license was revoked. Please tell us why, and what we can do to have it reinstated.',
  },
  suspended: {
    subject: (view: LicenseView) => `Suspended license of ${holderOf(view)}`,
    asked: 'Our license is suspended. Please tell us what we can do to have the suspension lifted.',
  },
}

/** The mail behind an action of the status: what is asked for, then the facts of the installation. */
export function requestMail(action: MailAction, view: LicenseView): Mail {
  const verdict = view.state === 'suspended' ? 'suspended' : 'revoked'
  const { subject, asked } = REQUESTS[action === 'support' ? verdict : action]
  return mailOf(subject(view), `${asked}\n\n${supportText(view)}`)
}

/** The mail about a failure that only the vendor can resolve; null for any other. `view`: null if the license could not be loaded. */
export function failureMail(failure: Failure, view: LicenseView | null): Mail | null {
  const problem = PROBLEMS[failure.code]
  if (!problem) return null
  const subject = `${problem} (${failure.reference})`
  const asked = `${problem} (${failure.reference} ${failure.code}). Please help us solve this.`
  if (!view) return mailOf(subject, failure.requestId ? `${asked}\n\nRequest: ${failure.requestId}` : asked)
  return mailOf(`${subject}, ${installationOf(view)}`, `${asked}\n\n${supportText(view, failure)}`)
}

/** The mail that asks for an offline license. `text` is the request, as it is sent by any other way. */
export function offlineMail(view: LicenseView, text: string): Mail {
  return mailOf(`Offline license request for ${installationOf(view)}`, text)
}

/** The whole mail as text, to be pasted elsewhere. */
export function wholeMail({ address, subject, text }: Mail): string {
  return `To: ${address}\nSubject: ${subject}\n\n${text}`
}

/** A mailto link (RFC 6068) of less than 2,000 characters; a longer text is shortened in it. */
export function linkOf({ address, subject, text }: Mail): { href: string, shortened: boolean } {
  const head = `mailto:${address}?subject=${encoded(subject)}&body=`
  const room = LONGEST_LINK - head.length
  const shortened = encoded(text).length > room
  return { href: head + encoded(shortened ? shortenedTo(room, text) : text), shortened }
}

const mailOf = (subject: string, text: string): Mail => ({ address: SUPPORT_ADDRESS, subject: oneLine(subject), text })
/** The installation, then the organization if it is known. */
const installationOf = (view: LicenseView) => namesOf(view).join(', ')
const holderOf = (view: LicenseView) => namesOf(view).toReversed().join(', ')

function namesOf({ instanceId, licensee }: LicenseView): string[] {
  const organization = clipped(oneLine(licensee?.organization ?? ''), LONGEST_NAME)
  return [`installation ${instanceId.slice(0, 4)}…${instanceId.slice(-4)}`, ...(organization ? [organization] : [])]
}

/** Without line breaks, control and direction characters, so that no header can be added to a mail. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu, '').trim()
}

function clipped(text: string, most: number): string {
  const characters = [...text]
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text
}

/** With the line breaks that RFC 6068 asks for. Half a surrogate pair cannot be encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\uFFFD').replaceAll(/\r?\n/g, '\r\n'))
}

/** As many lines as fit, encoded, into `room` characters, and where the rest is. */
function shortenedTo(room: number, text: string): string {
  let left = room - encoded(`\n${POINTER}`).length
  const kept = text.split('\n').map(line => clipped(line, LONGEST_LINE)).filter((line) => {
    const size = encoded(`${line}\n`).length
    if (size > left) return false
    left -= size
    return true
  })
  return [...kept, '', POINTER].join('\n')
}
