import type { IncomingMessage, ServerResponse } from 'node:http'

export const JSON_TYPE = 'application/json; charset=utf-8'

export type ReadBody = { ok: true, text: string } | { ok: false }

/** Reads a request body; `ok` is false as soon as it exceeds `limit` bytes, whatever its headers say. */
export async function readBody(req: IncomingMessage, limit: number): Promise<ReadBody> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > limit) return { ok: false }
    chunks.push(bytes)
  }
  return { ok: true, text: Buffer.concat(chunks).toString('utf8') }
}

/** The body as JSON; the text itself where it is none, null where it is empty. */
export function parseBody(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  }
  catch {
    return text
  }
}

export function sendText(
  res: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, { 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store', ...headers })
  res.end(text)
}

export function sendJson(
  res: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {},
): void {
  sendText(res, status, JSON.stringify(body), { 'content-type': JSON_TYPE, ...headers })
}
