import type { Diagnostics, LicenseView } from '../../shared/contracts.ts'
import type { FindingCause } from '../../shared/findings.ts'
import type { ApiClient } from '../support/api-client.ts'
import type { Case } from './chosen.ts'
import type { Deed, Injection } from './injection.ts'
import type { Seen } from './places.ts'
import { readBundle } from './places.ts'
import type { Row } from './score.ts'

/** What an injection was met with: signed in as the administrator, on both pages, and in the log since the cause is in place. */
export interface Met extends Case { client: ApiClient, credential: string, wide: Seen, phone: Seen, log: string }

/** Asks the places that are not on the screen too, and says of each whether it says what it should. */
export async function judge({ injection, deed, client, credential, wide, phone, log }: Met): Promise<Row> {
  const { cause, named, beside = [], adminOnly = [], helps, never, unseenBy = [] } = injection
  const says = (text: string, facts: readonly RegExp[]) => facts.every(each => each.test(text)) && helps.test(text)
  const saysAll = (text: string, more = adminOnly) => says(text, [...named, ...beside, ...more]) && !never?.test(text)
  const maySkip = (place: NonNullable<Injection['unseenBy']>[number]) => unseenBy.includes(place)
  const [told, diagnosed] = await Promise.all([askApi(deed, client, credential), diagnose(client)])
  const bundle = await readBundle(client)
  const isLogged = isInLog(log, cause, deed)
  const others = [...told, diagnosed, ...wide.causes, ...phone.causes].filter(each => each && each !== cause)
  return {
    name: injection.name, cause, deed,
    1440: saysAll(wide.visible), 390: saysAll(phone.visible),
    reference: wide.reference !== null && says(wide.entry, named),
    diagnostics: diagnosed === null && maySkip('diagnostics') ? null : diagnosed === cause,
    bundle: bundle === null && maySkip('bundle') ? null : saysAll(bundle?.split('\nConfiguration:')[0] ?? '', []),
    log: !isLogged && maySkip('log') ? null : isLogged,
    words: wide.told,
    contradicts: others.length > 0 ? `expected ${cause}, and met ${others.join(', ')}` : null,
  }
}

/** The causes that the API names for the same deed, and for the license after it. */
async function askApi(deed: Deed, client: ApiClient, credential: string): Promise<(FindingCause | undefined)[]> {
  const answer = deed === 'save' ? await client.save(credential) : deed === 'check in' ? await client.checkIn() : undefined
  const view = await client.request<LicenseView | undefined>('GET', '/api/license')
  return [answer?.error?.finding?.cause, view.body?.finding?.cause, view.error?.finding?.cause]
}

/** The cause at the first stage that fails; null if none does, or if diagnostics are not to be had. */
async function diagnose(client: ApiClient): Promise<FindingCause | null> {
  const { body } = await client.request<Partial<Diagnostics> | undefined>('POST', '/api/license/diagnostics', {})
  return body?.stages?.find(({ finding }) => finding)?.finding?.cause ?? null
}

/** Who only looks has made no call that failed, and so there is no reference. */
function isInLog(log: string, cause: FindingCause, deed: Deed): boolean {
  return log.split('\n').some(line => line.includes(`"cause":"${cause}"`) && (deed === 'look' || /"reference":"NCL-\d{3}"/.test(line)))
}
