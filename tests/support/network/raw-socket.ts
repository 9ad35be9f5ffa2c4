import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** Connects a socket and ignores its errors; undefined if it can't connect. */
export async function openSocket(port: number): Promise<Socket | undefined> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const connected = await Promise.race([once(socket, 'connect').then(() => true, () => false), once(socket, 'close').then(() => false)])
  return connected ? socket : undefined
}

/** Resolves once the socket is closed, by either side and for any reason. */
export function untilClosed(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()))
}

/** Ms that the first word of an answer may take, however slow the machine. */
const FIRST_WORD = 30_000

/** Writes raw bytes; resolves to what came back until the other side closed or had no more to say for `silenceMs`, and which it was. */
export async function rawExchange(port: number, parts: (string | Buffer)[], silenceMs = 3000): Promise<{ text: string, closed: boolean }> {
  const socket = await openSocket(port)
  if (!socket) throw new Error('no connection')
  let text = ''
  let silent = false
  socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1') })
  socket.once('data', () => socket.setTimeout(silenceMs))
  const closed = untilClosed(socket)
  socket.setTimeout(FIRST_WORD, () => {
    silent = true
    socket.destroy()
  })
  for (const part of parts) socket.write(part)
  await closed
  return { text, closed: !silent }
}

export interface Sent {
  /** The response's status; undefined if a reset overtook it, because a write that fails keeps it from being read. */
  status: number | undefined
  /** False if the other side kept the connection open and said nothing. */
  ended: boolean
}

/** As much as both kernels buffer at once: anything written after a response and its reset would keep it from being read. */
const PIECE = 2 ** 20
const PATIENCE = 200

/** Writes piece by piece until there is a response or the connection is cut; resolves to the outcome. */
export async function sendUntilAnswered(port: number, bytes: string, silenceMs = 10_000): Promise<Sent> {
  const socket = await openSocket(port)
  if (!socket) throw new Error('no connection')
  let answer = ''
  let ended = true
  socket.setTimeout(silenceMs, () => {
    ended = false
    socket.destroy()
  })
  const closed = untilClosed(socket)
  const answered = new Promise<void>(resolve => socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1')
    socket.destroySoon()
    resolve()
  }))
  for (let at = 0; at < bytes.length && socket.writable; at += PIECE) {
    if (!socket.write(bytes.slice(at, at + PIECE))) await Promise.race([closed, answered, new Promise(resolve => socket.once('drain', resolve))])
    await Promise.race([closed, answered, sleep(PATIENCE)])
  }
  await closed
  return { status: statusesIn(answer)[0], ended }
}

/** The statuses of the responses in what came back, in order. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}
