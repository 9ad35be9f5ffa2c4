import type { Fault } from '../../support/vendor/fault-types.ts'
import type { SandboxControl } from '../../support/vendor/control-client.ts'

const json = { 'content-type': 'application/json' }
const status = (code: number, headers: Record<string, string> = {}): Fault => ({ type: 'status', status: code, headers, body: 'Injected by the flood' })

/** Every way in which the license server can misbehave, F31 to F40. */
export const MISBEHAVIOUR: readonly Fault[] = [
  { type: 'hang' }, { type: 'reset' }, { type: 'reset', stage: 'headers' }, { type: 'reset', stage: 'body' }, { type: 'hangBody' },
  { type: 'drip', everyMs: 1000 }, { type: 'delay', ms: 3000 },
  { type: 'redirect', status: 307, location: 'http://127.0.0.1:9/' }, { type: 'redirect', status: 301, location: 'https://elsewhere.invalid/' },
  { type: 'html' }, { type: 'empty' }, { type: 'contentType', value: 'text/plain' },
  status(400), status(404), status(429, { 'retry-after': '-5' }), status(500), status(503, { 'retry-after': '99999999999999999999' }),
  status(503, { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }), status(511), { type: 'status', status: 599, headers: json, body: { error: {} } },
  { type: 'badJson' }, { type: 'badSchema' }, { type: 'extraFields' }, { type: 'deepJson' }, { type: 'endless' }, { type: 'gzipBomb' }, { type: 'oversized' },
  { type: 'staleNonce' }, { type: 'wrongInstance' }, { type: 'wrongLicense' }, { type: 'olderSeq' }, { type: 'wrongSigner' }, { type: 'wrongKind' },
  { type: 'replay' },
  { type: 'unsignedRefusal', code: 'revoked' }, { type: 'unsignedRefusal', code: 'bound_elsewhere' }, { type: 'unsignedRefusal', code: 'rate_limited' },
  { type: 'verdict', verdict: 'revoked' }, { type: 'verdict', verdict: 'suspended' }, { type: 'verdict', verdict: 'bound_elsewhere' },
]

/** Shows one misbehaviour after the other, all of them within `totalMs`, to every call; returns how to end it. */
export function misbehave(control: SandboxControl, totalMs: number): { shown(): number, stop(): Promise<void> } {
  let shown = 0
  const change = async () => {
    await control.clearFaults()
    const fault = MISBEHAVIOUR[shown++ % MISBEHAVIOUR.length]
    if (fault) await control.addFault({ call: '*', fault })
  }
  let last = change()
  const timer = setInterval(() => { last = last.then(change) }, totalMs / MISBEHAVIOUR.length)
  return {
    shown: () => shown,
    async stop() {
      clearInterval(timer)
      await last
      await control.clearFaults()
    },
  }
}
