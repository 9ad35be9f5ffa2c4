import { ERRORS } from '../../shared/errors.ts'
import type { Activation } from './activation.ts'
import type { CheckInClaim, Grant } from './claim-holder.ts'
import { backOffAtStart } from './check-in-policy.ts'
import { findingOfError, seenOf } from './credential-finding.ts'
import { LicenseError } from './errors.ts'
import { fieldsOf } from './event-lines.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { Findings, Log, Notes, Random } from './ports.ts'
import type { ProvisioningTrouble } from './warnings.ts'

const CLOCK_WAIT = 60_000

export interface Provisioning {
  readonly managed: boolean
  readonly trouble: ProvisioningTrouble
  /** Applies the provisioned credential if it is new and due. Resolves to the uptime (ms) of the next try, or null if none is left. */
  apply(): Promise<number | null>
}

export interface ProvisioningOptions {
  /** `NC_LICENSE_KEY` and its SHA-256 (hex), if set. */
  credential: { text: string, digest: string } | null
  holder: LicenseHolder
  notes: Pick<Notes, 'saveProvisionedDigest'> & Pick<Findings, 'saveFinding'>
  activation: Activation
  claim: CheckInClaim
  random: Random
  log: Log
  /** Aborted when the product stops. */
  signal: AbortSignal
}

/** Brings the installation in line with the provisioned credential, however long it takes. */
export function createProvisioning(
  { credential, holder, notes, activation, claim, random, log, signal }: ProvisioningOptions,
): Provisioning {
  let trouble: ProvisioningTrouble = null
  let tries = 0
  let dueAt: number | null = 0

  function isApplied(): boolean {
    const { provisionedDigest, license } = holder.snapshot
    return credential ? provisionedDigest === credential.digest && license !== null : provisionedDigest === null
  }

  /** False while another replica has the claim: it may be applying the same credential. */
  async function applyOnce(): Promise<boolean> {
    if (isApplied()) return true
    const ran = await claim.run(async (grant) => {
      if (grant.term !== null) await holder.reload()
      if (!isApplied()) await apply(grant)
    })
    return ran !== null
  }

  async function apply(grant: Grant): Promise<void> {
    // Forgotten, so that setting the same credential later applies it again.
    if (!credential) return notes.saveProvisionedDigest(null)
    await activation.save({ credential: credential.text, actor: { kind: 'environment' }, provisionedDigest: credential.digest, grant })
  }

  /** How long to wait before the next try, ms; null if only another credential can help. */
  function waitAfter(error: LicenseError): number | null {
    // A token's dates may look wrong only because the clock is; judging it again costs nothing and calls nobody.
    const byClock = error.code === 'TOKEN_NOT_YET_VALID' || (error.code === 'LICENSE_EXPIRED' && error.details?.now !== undefined)
    if (byClock) return CLOCK_WAIT
    if (ERRORS[error.code].group === 'credential') return null
    const asked = Number(error.details?.retryAfterSeconds ?? 0) * 1000
    return Math.max(backOffAtStart(++tries, random.unit()), asked)
  }

  return {
    managed: credential !== null,
    get trouble() { return trouble },
    async apply() {
      const { uptime } = holder.observe().reading
      if (dueAt === null || uptime < dueAt) return dueAt
      try {
        if (!await applyOnce()) return dueAt
        trouble = null
        dueAt = null
      }
      catch (error) {
        if (!(error instanceof LicenseError)) throw error
        // Stopped from here: that says nothing about the network, and the next start tries again.
        if (signal.aborted) return dueAt
        const wait = waitAfter(error)
        dueAt = wait === null ? null : holder.observe().reading.uptime + wait
        const finding = findingOfError(error, holder.observe().effective)
        if (trouble?.error !== error.code) {
          log.warn('the license in NC_LICENSE_KEY could not be applied', { ...fieldsOf(error.code, seenOf(error)), retry: dueAt !== null })
          if (finding) await notes.saveFinding(finding).catch(() => undefined)
        }
        trouble = { error: error.code, finding }
      }
      return dueAt
    },
  }
}
