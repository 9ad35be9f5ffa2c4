import type { IncomingMessage } from 'node:http'

/** Mends what would fail in the framework, before any handler of ours: such headers count as absent. */
export function normalizeRequest(req: IncomingMessage): void {
  // A host that is none would fail wherever an address is made of it; nobody is reached under it.
  if (!isHost(req.headers.host)) req.headers.host = 'localhost'
  // The framework makes addresses of it whoever sent it; who may send it is decided in peer.ts.
  if (!isHost(firstOf(req.headers['x-forwarded-host']))) delete req.headers['x-forwarded-host']
  // By this one the framework tells itself that it asks for its error page; nobody else has a say in that.
  if (!('__unenv__' in req)) delete req.headers['x-nuxt-error']
  // HEAD is GET without the body (RFC 9110 §9.3.2); Node has noted already that none is to be sent.
  if (req.method === 'HEAD') req.method = 'GET'
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return String(header ?? '').split(',', 1)[0]?.trim()
}

function isHost(host: string | undefined): boolean {
  return Boolean(host) && URL.canParse(`http://${host}`)
}
