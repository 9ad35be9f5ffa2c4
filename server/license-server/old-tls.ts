import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import { orAborted } from './network-failure.ts'
import { untilReady } from './sockets.ts'

const PATIENCE = 1_000

/**
 * The version, such as `TLS 1.0`, of a server that offers none that is good; null if it will not say, or if this machine's
 * OpenSSL will not even ask. Only asked to be named: nothing is sent over such a connection.
 */
export async function probeOldTls({ host, port, lookup }: { host: string, port: number, lookup: LookupFunction }): Promise<string | null> {
  let probe: TLSSocket | null = null
  try {
    probe = connect({
      host, port, lookup, rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0',
      ...(isIP(host) ? {} : { servername: host }),
    })
    await orAborted(AbortSignal.timeout(PATIENCE), untilReady(probe, 'secureConnect'))
    return probe.getProtocol()?.replace(/^(TLS|SSL)v/, '$1 ').replace(/ 1$/, ' 1.0') ?? null
  }
  catch {
    return null
  }
  finally {
    probe?.on('error', () => undefined).destroy()
  }
}
