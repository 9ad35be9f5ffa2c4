import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/* Resolvers (RFC 1035) on loopback addresses of their own, and processes that ask these instead of the machine's. */

export interface Resolver {
  address: string
  /** The names it was asked for. */
  readonly asked: string[]
}

const HEADER = 12
const TYPE_A = 1
let last = 0

/** Starts a resolver that knows every name as 127.0.0.1, or one that says nothing; ends with the test. */
export async function startResolver(manner: 'answers' | 'silent'): Promise<Resolver> {
  const address = `127.53.53.${++last}`
  const asked: string[] = []
  const socket = createSocket('udp4').on('message', (question, { port, address: from }) => {
    const { name, end } = readName(question)
    asked.push(name)
    if (manner === 'answers') socket.send(answerTo(question, end), port, from)
  })
  socket.bind(53, address)
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return { address, asked }
}

/** A name is written as its parts, each after its length, up to a part of no length. */
function readName(question: Buffer): { name: string, end: number } {
  const parts: string[] = []
  let at = HEADER
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    parts.push(question.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: parts.join('.'), end: at + 1 }
}

/** Answers a question with one address, or with none of the kind that was asked for. */
function answerTo(question: Buffer, nameEnd: number): Buffer {
  const known = question.readUInt16BE(nameEnd) === TYPE_A
  const head = Buffer.from(question.subarray(0, nameEnd + 4))
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(known ? 1 : 0, 6)
  head.writeUInt32BE(0, 8)
  // The name of the question, type A, class IN, a minute, four bytes.
  return known ? Buffer.concat([head, Buffer.from('c00c000100010000003c0004', 'hex'), Buffer.from([127, 0, 0, 1])]) : head
}

const mounting = (file: string) => ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', file]

/** The command to run a process under so that it asks these resolvers, in this order. */
export function replacedBy(...resolvers: Resolver[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'nc-resolver-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'resolv.conf')
  writeFileSync(file, resolvers.map(({ address }) => `nameserver ${address}\n`).join(''))
  return mounting(file)
}

/** Whether a process can be made to ask other resolvers here; prints the reason where it cannot. */
export function canReplaceResolver(): boolean {
  const [command = '', ...args] = [...mounting('/etc/hosts'), 'true']
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return true
  console.warn(`Skipped: tests of a silent resolver need a mount namespace, which needs root: ${(stderr || String(error)).trim()}`)
  return false
}
