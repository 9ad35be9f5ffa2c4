import type { LeaseClaims } from '../../server/license/claims.ts'
import type { Fork } from '../support/vendor/control-protocol.ts'
import type { License } from './licenses.ts'
import { covers } from './reach.ts'
import type { Reach } from './reach.ts'

interface Line {
  reach: Reach
  head: { jti: string, seq: number } | undefined
  /** `jti` of the leases that the head was swapped for. */
  next: Set<string>
  /** `jti` of the leases that a key was exchanged for, until they are presented: they continue none, whenever that is. */
  beginnings: Set<string>
}

export interface ForkWatch {
  /** Notes the lease that a client presents; reports a fork when it does not continue what was presented before. */
  presented(license: License, lease: LeaseClaims): void
  /** Notes a lease that is being sent to the installation in place of the one that it has presented. */
  swapped(lease: LeaseClaims): void
  /** Notes a lease that is being sent to the installation in exchange for a key. */
  activated(lease: LeaseClaims): void
  list(reach: Reach): Fork[]
  reset(reach: Reach): void
}

/**
 * Creates the watch for databases that were copied or restored: both copies go on presenting leases of one
 * installation, and sooner or later one of them presents a lease that another lease has already succeeded.
 */
export function createForkWatch(): ForkWatch {
  const lines = new Map<string, Line>()
  let forks: { fork: Fork, reach: Reach }[] = []
  const lineOf = ({ sub, instance_id }: LeaseClaims): Line => {
    const name = `${sub}\n${instance_id}`
    const line = lines.get(name) ?? { reach: { installation: instance_id, licenseId: sub }, head: undefined, next: new Set(), beginnings: new Set() }
    lines.set(name, line)
    return line
  }
  return {
    presented(license, lease) {
      const line = lineOf(lease)
      const { jti, seq } = lease
      if (line.head?.jti === jti) return
      const begins = line.beginnings.delete(jti)
      if (line.head && !begins && !line.next.has(jti)) {
        const fork = {
          at: new Date().toISOString(),
          key: license.key,
          licenseId: lease.sub,
          instanceId: lease.instance_id,
          presented: { jti, seq },
          expected: line.head,
        }
        forks.push({ fork, reach: line.reach })
      }
      // The copy that spoke last becomes the line: a restored database is reported once, two live copies every time.
      line.head = { jti, seq }
      line.next = new Set()
    },
    swapped: (lease) => { lineOf(lease).next.add(lease.jti) },
    activated: (lease) => { lineOf(lease).beginnings.add(lease.jti) },
    list: within => forks.filter(({ reach }) => covers(within, reach)).map(({ fork }) => fork),
    reset(within) {
      for (const [name, { reach }] of lines) if (covers(within, reach)) lines.delete(name)
      forks = forks.filter(({ reach }) => !covers(within, reach))
    },
  }
}
