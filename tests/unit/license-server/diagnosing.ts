import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { onTestFinished } from 'vitest'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { diagnose } from '../../../server/license-server/diagnostics.ts'
import type { DiagnosticStage } from '../../../shared/contracts.ts'
import { START } from '../../support/simulated-clock.ts'
import type { Answer } from '../../support/vendor-door.ts'

/* Runs diagnostics against real sockets, for the tests named diagnostics*. */

/** The license server's answer to a ping. */
export const pong = (time: unknown = new Date(START).toISOString()): Answer => ({ body: JSON.stringify({ ok: true, time }) })

interface Given { proxy?: string, offline?: boolean, now?: number, patience?: number }

/** `patience`, ms, is for tests of silence; the default is long enough that no stage times out, however slow the machine. */
export async function stagesTo(
  baseUrl: string, { proxy = '', offline = false, now = START, patience = 20_000 }: Given = {},
): Promise<DiagnosticStage[]> {
  const client = createLicenseServerClient({ baseUrl, version: '1', proxyFor: () => proxy, limits: { total: patience, connect: 20_000 } })
  return Array.fromAsync(diagnose({ client, proxyFor: () => proxy, now: () => now, stepTimeout: patience }, offline))
}

/** The result of each stage in order, by its first letters: `ok`, `fa`iled, `sk`ipped. */
export const outline = (stages: DiagnosticStage[]) => stages.map(({ result }) => result.slice(0, 2)).join(' ')
export const stageOf = (stages: DiagnosticStage[], name: DiagnosticStage['stage']) => stages.find(({ stage }) => stage === name)
export const failedOf = (stages: DiagnosticStage[]) => stages.find(({ result }) => result === 'failed')

/** Makes this process trust one more authority until the test ends. */
export function trust(caFile: string): void {
  const before = getCACertificates('default')
  onTestFinished(() => setDefaultCACertificates(before))
  setDefaultCACertificates([...before, readFileSync(caFile, 'utf8')])
}

/** Accepts connections, and greets each as told, until the test ends. Resolves to the port. */
export async function startTcp(greet: (socket: Socket) => void = () => undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    greet(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return Object(server.address()).port
}
