import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/* A DNS server for names that end in .test, on the port that resolvers ask (RFC 1035 §4). */

/** What a name resolves to: an IPv4 address, or an answer that is none. `silent`: nothing is answered at all. */
export type NameAnswer = `${number}.${number}.${number}.${number}` | 'missing' | 'failing' | 'silent'

const RCODES = { missing: 3, failing: 2 } as const
const A = 1

/** Answers for `names` until closed; a name that is not listed does not exist. */
export async function startNameServer(names: ReadonlyMap<string, NameAnswer>): Promise<{ close: () => void }> {
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const { name, end, type } = readQuestion(query)
    const answer = names.get(name) ?? 'missing'
    if (answer === 'silent') return
    const question = query.subarray(12, end)
    if (answer === 'missing' || answer === 'failing') {
      socket.send(Buffer.concat([header(query, RCODES[answer], 0), question]), port, address)
      return
    }
    const record = type === A ? [Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...answer.split('.').map(Number)])] : []
    socket.send(Buffer.concat([header(query, 0, record.length), question, ...record]), port, address)
  })
  socket.bind(53, '127.0.0.1')
  await once(socket, 'listening')
  return { close: () => socket.close() }
}

/** The header of an answer: the query's id, a response that recursed, with that code and one question. */
function header(query: Buffer, code: number, answers: number): Buffer {
  return Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0])
}

function readQuestion(query: Buffer): { name: string, end: number, type: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString('latin1').toLowerCase())
    at += length + 1
  }
  return { name: labels.join('.'), end: at + 5, type: query.readUInt16BE(at + 1) }
}
