import type { CallName } from '../../server/license-server/protocol.ts'
import { INSTANCE_ID } from '../../server/license/claims.ts'
import { licenseIdOf } from './license-id.ts'
import type { Reach } from './reach.ts'
import { readOwnLease } from './signing.ts'

const DOOR = /^\/for\/([0-9a-f]{32})(?=\/)/

/** The Instance ID in front of a path, for calls that say nothing of who makes them, and the path of the protocol behind it. */
export function openDoor(path: string): { path: string, installation: string | undefined } {
  const [prefix = '', installation] = DOOR.exec(path) ?? []
  return { path: path.slice(prefix.length), installation }
}

export interface Presented { call: CallName | undefined, body: unknown, bearer: string | undefined, installation: string | undefined }

export interface Callers {
  /** Whom a call comes from: an activation says so; any other call by its lease, or by its secret; a ping by its door alone. */
  identify(presented: Presented): Promise<Reach>
  /** Notes whose secret this is. */
  issued(secret: string, caller: Reach): void
}

function textIn(body: unknown, member: string): string | undefined {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, member) : undefined
  return typeof value === 'string' ? value : undefined
}

/** Creates what recognises the callers of the protocol. */
export function createCallers(): Callers {
  const bySecret = new Map<string, Reach>()

  async function ownerOf({ call, body, bearer }: Presented): Promise<Reach> {
    if (call === 'activate') {
      const [installation, key] = [textIn(body, 'instance_id'), textIn(body, 'license_key')]
      return {
        ...(installation !== undefined && INSTANCE_ID.test(installation) ? { installation } : {}),
        ...(key === undefined ? {} : { licenseId: licenseIdOf(key) }),
      }
    }
    const lease = await readOwnLease(textIn(body, 'lease') ?? '')
    return lease ? { installation: lease.instance_id, licenseId: lease.sub } : bySecret.get(bearer ?? '') ?? {}
  }

  return {
    async identify(presented) {
      const owner = await ownerOf(presented)
      return presented.installation === undefined ? owner : { installation: presented.installation, ...owner }
    },
    issued: (secret, caller) => { bySecret.set(secret, caller) },
  }
}
