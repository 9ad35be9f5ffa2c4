import { lookup } from 'node:dns/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { connect as netConnect, isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connect as tlsConnect } from 'node:tls'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { DIAGNOSTIC_STAGES, DiagnosticStage } from '../../shared/contracts.ts'
import type { LicenseServerClient } from './client.ts'
import { PROTOCOL } from './protocol.ts'

type StageName = (typeof DIAGNOSTIC_STAGES)[number]
type Facts = DiagnosticStage['facts']

export interface DiagnosticsOptions {
  client: LicenseServerClient
  proxyFor: (url: string) => string
  now: () => number
  /** Milliseconds a stage may take. */
  stepTimeout?: number
}

const STEP_TIMEOUT = 5_000
const CLOCK_TOLERANCE = 5 * 60_000

/** Why a stage failed: the code, the key of the advice, and what was observed. */
class StageFailure extends Error {
  readonly code: NetworkErrorCode | null
  readonly remedy: string
  readonly facts: Facts
  constructor(code: NetworkErrorCode | null, remedy: string, facts: Facts = {}) {
    super(remedy)
    this.code = code
    this.remedy = remedy
    this.facts = facts
  }
}

interface Route { url: URL, proxy: URL | null, socket: Socket | null, serverTime: number | null, timeout: number }
type Step = (route: Route) => Promise<Facts | null>

/**
 * Tests the way to the license server stage by stage, yielding each result as it comes in; uses up no activation. If
 * `offline`, the network stages are skipped without sending a packet. After a failure, the later stages are skipped.
 */
export async function* diagnose(options: DiagnosticsOptions, offline: boolean): AsyncGenerator<DiagnosticStage> {
  const url = new URL(options.client.baseUrl)
  const proxyUrl = options.proxyFor(url.href)
  const proxy = proxyUrl ? new URL(proxyUrl) : null
  const route: Route = { url, proxy, socket: null, serverTime: null, timeout: options.stepTimeout ?? STEP_TIMEOUT }
  const steps: [StageName, Step][] = [
    ['configuration', async ({ proxy }) => ({ url: url.origin, proxy: proxy && `${proxy.protocol}//${proxy.host}` })],
    ['dns', resolveName],
    ['proxy', openTunnel],
    ['tcp', connectDirectly],
    ['tls', inspectTls],
    ['http', route => ping(route, options.client)],
    ['clock', async ({ serverTime }) => compareClocks(serverTime, options.now())],
  ]
  let blocked = false
  try {
    for (const [stage, step] of steps) {
      const skip: boolean = blocked || (offline && stage !== 'configuration')
      const result: DiagnosticStage = skip ? skipped(stage) : await runStage(stage, step, route)
      blocked ||= result.result === 'failed'
      yield result
    }
  }
  finally {
    route.socket?.destroy()
  }
}

function skipped(stage: StageName): DiagnosticStage {
  return { stage, result: 'skipped', milliseconds: null, code: null, remedy: null, facts: {} }
}

async function runStage(stage: StageName, step: Step, route: Route): Promise<DiagnosticStage> {
  const startedAt = performance.now()
  const milliseconds = () => Math.round(performance.now() - startedAt)
  try {
    const facts = await step(route)
    if (facts === null) return skipped(stage)
    return { stage, result: 'ok', milliseconds: milliseconds(), code: null, remedy: null, facts }
  }
  catch (error) {
    const known = error instanceof StageFailure ? error : new StageFailure(null, 'checkServer', { error: codeOf(error) })
    return { stage, result: 'failed', milliseconds: milliseconds(), code: known.code, remedy: known.remedy, facts: known.facts }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : error instanceof Error ? error.name : 'unknown'
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** With a proxy, only the proxy's name is resolved here; the proxy resolves the license server's. */
async function resolveName({ url, proxy, timeout }: Route): Promise<Facts | null> {
  const host = bareHost(proxy ?? url)
  if (isIP(host)) return null
  try {
    const found = await bounded(lookup(host, { all: true }), timeout)
    return { host, addresses: found.map(({ address }) => address).join(', ') }
  }
  catch (error) {
    throw new StageFailure('NET_DNS', 'checkDns', { host, error: codeOf(error) })
  }
}

async function openTunnel(route: Route): Promise<Facts | null> {
  const { proxy, url, timeout } = route
  if (!proxy) return null
  const target = `${bareHost(url)}:${portOf(url)}`
  const facts = { proxy: `${proxy.protocol}//${proxy.host}`, target }
  const credentials = proxy.username && `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  const send = proxy.protocol === 'https:' ? httpsRequest : httpRequest
  const request = send({
    host: bareHost(proxy), port: portOf(proxy), method: 'CONNECT', path: target, timeout, agent: false,
    headers: credentials ? { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` } : {},
  })
  const opened = new Promise<number>((resolve, reject) => {
    request.on('connect', (response, socket) => {
      route.socket = socket
      socket.on('error', () => undefined)
      resolve(response.statusCode ?? 0)
    })
    request.on('timeout', () => request.destroy(lateError()))
    request.on('error', reject)
    request.end()
  })
  const status = await opened.catch((error: unknown) => {
    throw new StageFailure('NET_PROXY', 'checkProxy', { ...facts, error: codeOf(error) })
  })
  if (status !== 200) throw new StageFailure('NET_PROXY', 'checkProxy', { ...facts, status })
  return facts
}

async function connectDirectly(route: Route): Promise<Facts | null> {
  if (route.proxy) return null
  const facts = { host: bareHost(route.url), port: portOf(route.url) }
  const socket = netConnect({ ...facts, timeout: route.timeout })
  route.socket = socket
  await onceReady(socket, 'connect').catch((error: unknown) => {
    throw new StageFailure('NET_CONNECT', 'checkFirewall', { ...facts, error: codeOf(error) })
  })
  return { ...facts, address: socket.remoteAddress ?? null }
}

async function inspectTls({ url, socket, timeout }: Route): Promise<Facts | null> {
  if (url.protocol !== 'https:' || !socket) return null
  const host = bareHost(url)
  // Not rejected here, so that whoever stands in between can be named.
  const secure = tlsConnect({ socket, host, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) })
  secure.setTimeout(timeout)
  await onceReady(secure, 'secureConnect').catch((error: unknown) => {
    throw new StageFailure('NET_TLS', 'checkCertificate', { host, error: codeOf(error) })
  })
  const facts = describeCertificate(secure)
  const problem = secure.authorizationError
  secure.destroy()
  if (problem) throw new StageFailure('NET_TLS', 'checkCertificate', { ...facts, error: String(Object(problem).code ?? problem) })
  return facts
}

function describeCertificate(secure: TLSSocket): Facts {
  const { issuer, subject, valid_to: validTo } = secure.getPeerCertificate()
  const nameOf = (entity: typeof issuer | undefined) => String(entity?.O ?? entity?.CN ?? '') || null
  const issuerName = nameOf(issuer)
  const chainError = /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)/.test(String(secure.authorizationError ?? ''))
  return {
    issuer: issuerName, subject: String(subject?.CN ?? '') || null, validTo: validTo ?? null,
    protocol: secure.getProtocol(), intercepted: chainError,
  }
}

async function ping(route: Route, client: LicenseServerClient): Promise<Facts> {
  const outcome = await client.ping()
  if (!outcome.ok) throw new StageFailure(outcome.code, remedyOf(outcome.code), {})
  const { time } = outcome.value
  route.serverTime = typeof time === 'number' ? (time < 1e12 ? time * 1000 : time) : Date.parse(time)
  return { url: client.baseUrl + PROTOCOL.ping.path }
}

function remedyOf(code: NetworkErrorCode): string {
  const remedies: Record<NetworkErrorCode, string> = {
    NET_DNS: 'checkDns', NET_CONNECT: 'checkFirewall', NET_TIMEOUT: 'checkFirewall', NET_TLS: 'checkCertificate',
    NET_PROXY: 'checkProxy', NET_CAPTIVE_PORTAL: 'checkPortal', SERVER_ERROR: 'checkServer',
    SERVER_RATE_LIMITED: 'checkServer', SERVER_RESPONSE_INVALID: 'checkPortal',
  }
  return remedies[code]
}

function compareClocks(serverTime: number | null, now: number): Facts | null {
  if (serverTime === null || !Number.isFinite(serverTime)) return null
  const facts = { skewSeconds: Math.round((now - serverTime) / 1000), serverTime: new Date(serverTime).toISOString() }
  if (Math.abs(now - serverTime) > CLOCK_TOLERANCE) throw new StageFailure(null, 'checkClock', facts)
  return facts
}

function lateError(): Error {
  return Object.assign(new Error('timeout'), { code: 'ETIMEOUT' })
}

function bounded<T>(work: Promise<T>, timeout: number): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(lateError()), timeout).unref()
  })
  return Promise.race([work, late])
}

function onceReady(socket: Socket, ready: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(ready, () => {
      socket.setTimeout(0)
      socket.on('error', () => undefined)
      resolve()
    })
    socket.once('timeout', () => socket.destroy(lateError()))
    socket.once('error', reject)
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  })
}
