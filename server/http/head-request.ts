import type { IncomingMessage } from 'node:http'

const asHead = new WeakSet<IncomingMessage>()

/** Lets a HEAD be answered as the GET that it stands for (RFC 9110 §9.3.2). Node knows that no body is to be sent. */
export function answerHeadAsGet(request: IncomingMessage): void {
  if (request.method !== 'HEAD') return
  asHead.add(request)
  request.method = 'GET'
}

/** Whether only the headers of the answer are wanted: a body need not be made. */
export function wantsNoBody(request: IncomingMessage): boolean {
  return asHead.has(request)
}
