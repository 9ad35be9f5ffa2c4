import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TransportFault } from '../support/vendor/fault-types.ts'
import { JSON_TYPE, sendJson, sendText } from './http.ts'
import type { Outcome } from './vendor.ts'

const OVERSIZED = 1_048_576

/** Sends the real answer, spoilt on its way as the fault says; one that is held back waits for `released`. */
export async function sendSpoilt(
  res: ServerResponse, { status, body, ...outcome }: Outcome, fault: TransportFault, released: Promise<void>,
): Promise<void> {
  const headers = 'headers' in outcome ? outcome.headers : undefined
  const text = JSON.stringify(body)
  const open = (): void => {
    res.writeHead(status, { 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(text), ...headers })
    res.flushHeaders()
  }
  switch (fault.type) {
    case 'delay':
      await sleep(fault.ms)
      return sendJson(res, status, body, headers)
    case 'hold':
      await released
      return sendJson(res, status, body, headers)
    case 'hangBody': return open()
    case 'drip':
      open()
      return drip(res, Buffer.from(text), fault.everyMs)
    case 'reset': return resetAt(res, fault.stage ?? 'request', open, text)
    case 'contentType': return sendText(res, status, text, { 'content-type': fault.value })
    case 'badJson': return sendText(res, status, text.slice(0, text.length / 2 || 1), { 'content-type': JSON_TYPE })
    case 'extraFields': return sendText(res, status, withExtraFields(text), { 'content-type': JSON_TYPE })
    case 'oversized': return sendJson(res, status, { ...body, padding: ' '.repeat(fault.bytes ?? OVERSIZED) }, headers)
  }
}

async function drip(res: ServerResponse, bytes: Buffer, everyMs: number): Promise<void> {
  for (let sent = 0; sent < bytes.length && !res.destroyed; sent += 1) {
    res.write(bytes.subarray(sent, sent + 1))
    await sleep(everyMs)
  }
  res.end()
}

async function resetAt(
  res: ServerResponse, stage: 'request' | 'headers' | 'body', open: () => void, text: string,
): Promise<void> {
  if (stage !== 'request') {
    open()
    if (stage === 'body') res.write(text.slice(0, text.length / 2))
    // Gives the part that was sent time to arrive: a reset may overtake it.
    await sleep(20)
  }
  res.socket?.resetAndDestroy()
}

/** As text, because `__proto__` as a member of its own cannot be written in an object literal. */
function withExtraFields(text: string): string {
  const comma = text === '{}' ? '' : ','
  return `{"added_later":{"nested":[1,null]},"__proto__":{"polluted":true},"constructor":1${comma}${text.slice(1)}`
}
