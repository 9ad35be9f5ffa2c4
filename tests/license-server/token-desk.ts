import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Clock, VendorClock } from './clock.ts'
import type { issueTokenSchema } from '../support/vendor/control-protocol.ts'
import type { LicenseBook } from './license-book.ts'
import { blankLicense, licenseFor } from './licenses.ts'
import type { License } from './licenses.ts'
import { reachOf } from './reach.ts'
import { DEFAULT_DAYS } from './named-keys.ts'
import { draftOf, forge, forgeDraft, signDraft } from './signing.ts'
import type { Draft } from './signing.ts'
import { leaseClaims, offlineClaims, verdictClaims } from './statements.ts'

type Order = z.output<typeof issueTokenSchema>

/** The license that an offline token for this installation stands for; `key` names it, if there is one. */
export function offlineLicense(instanceId: string, key: string | undefined, days: number, clock: Clock): License {
  // The id follows from the installation, so that its next token is a renewal of this one.
  return blankLicense(key ?? `offline ${instanceId}`, 'offline', { exp: clock.now() + days * 86_400 })
}

function validDraft({ kind, instance_id, signer }: Order, license: License, clock: Clock): Draft {
  switch (kind) {
    case 'offline': return draftOf(kind, offlineClaims(license, instance_id, clock), signer)
    case 'lease': return draftOf(kind, leaseClaims(license, instance_id, randomUUID(), clock), signer)
    case 'verdict': {
      const claims = verdictClaims(license, instance_id, randomUUID(), { verdict: 'revoked' }, clock)
      return draftOf(kind, claims, signer)
    }
  }
}

/** Signs whatever the control API asks for: a valid statement, as the installation's license and clock are, unless the order says otherwise. */
export async function issueToOrder(order: Order, licenses: LicenseBook, vendorClock: VendorClock): Promise<string> {
  const clock = vendorClock.of(reachOf({ installation: order.instance_id, key: order.key }))
  const known = order.key === undefined ? undefined : licenses.getByKey(order.key)
  const license = known ? licenseFor(known, order.instance_id) : offlineLicense(order.instance_id, order.key, DEFAULT_DAYS, clock)
  const valid = validDraft(order, license, clock)
  const { header = {}, claims = {}, omit = [], headerText, payloadText, signer } = order
  const merged = Object.entries({ ...valid.claims, ...claims }).filter(([name]) => !omit.includes(name))
  const draft: Draft = { header: { ...valid.header, ...header }, claims: Object.fromEntries(merged), signer }
  if (headerText !== undefined || payloadText !== undefined) {
    return forge(headerText ?? JSON.stringify(draft.header), payloadText ?? JSON.stringify(draft.claims), signer)
  }
  return order.header ? forgeDraft(draft) : signDraft(draft)
}
