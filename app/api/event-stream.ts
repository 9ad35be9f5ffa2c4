import { parseAnswer } from './parse-answer'

export interface StreamEvent { event: string, data: unknown }

function parseBlock(block: string): StreamEvent | undefined {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim()
    else if (line.startsWith('data:')) data.push(line.slice(5).trimStart())
  }
  if (data.length === 0) return undefined
  return { event, data: parseAnswer(data.join('\n')) }
}

/** Yields each server-sent event that has data, parsed as JSON. Throws if the connection breaks or the data is not JSON. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let buffer = ''
  for (;;) {
    const { done, value } = await reader.read()
    // A CR at the very end may be half of a CRLF, so it waits for what follows.
    buffer = (buffer + decoder.decode(value, { stream: !done })).replace(done ? /\r\n?/g : /\r\n|\r(?!$)/g, '\n')
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const event = parseBlock(buffer.slice(0, end))
      buffer = buffer.slice(end + 2)
      if (event) yield event
    }
    if (done) return
  }
}
