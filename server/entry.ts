import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { toNodeListener } from 'h3'
import { useNitroApp } from 'nitropack/runtime'
import checkFeature from './api/features/[name].get.ts'
import getEntitlements from './api/entitlements.get.ts'
import getLicense from './api/license/index.get.ts'
import { createAhead } from './http/ahead.ts'
import { requireBase, whenOpen, whenAnswerable } from './runtime/app.ts'
import { createGracefulStop } from './runtime/graceful-stop.ts'
import { guardProcess } from './runtime/guard-process.ts'

/*
 * Replaces Nitro's own entry, which listens at once. This one listens as soon as requests can be answered, or can be told that
 * the database is unreachable. `Listening on` appears in the log only once they can be answered. What hosts ask with every request
 * of their own it answers itself, ahead of the framework (http/ahead.ts).
 */

/** Milliseconds after which the port is opened in any case, to show that the process is alive. */
const LISTEN_ANYWAY = 5000
/** What requests under way get, and closing as much again, so that it all ends within ten seconds. */
const LONGEST_STOP = 4500
/**
 * Milliseconds for which an idle connection is kept: longer than nginx and AWS's load balancers keep theirs (a minute), so that they
 * close it and not we. On a connection that we close, a request may be on its way, and fails. With Node's five seconds that happened
 * even to clients that had not paused, when this process was held up for that long.
 */
const KEEP_IDLE = 75_000
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

// The start plugin has run by now: the configuration is sound, and the database is being opened.
const nitro = useNitroApp()
const { log, config: { listen: { port, host } } } = requireBase()
// Whoever listens for a signal stays until the next one does: for want of a listener, a signal would kill the process.
for (const signal of SIGNALS) process.on(signal, stopEarly)
guardProcess(log)
const answerAhead = createAhead({ checkFeature, getEntitlements, getLicense }, requireBase())
const framework = toNodeListener(nitro.h3App)
const server = createServer({ keepAliveTimeout: KEEP_IDLE }, (req, res) => {
  gracefully.tellLast(res)
  if (!answerAhead(req, res)) void framework(req, res)
})
const gracefully = createGracefulStop(server)
server.on('error', (error: NodeJS.ErrnoException) => {
  if (error.syscall !== 'listen' && error.syscall !== 'getaddrinfo') return log.error('a connection was not accepted', { code: error.code })
  const where = [host, port].filter(part => part !== null).join(':')
  process.stderr.write(`PORT, HOST: cannot listen on ${where} (${error.code}).\n`)
  process.exit(1)
})

let stopping: Promise<void> | undefined

void listen()

async function listen(): Promise<void> {
  await Promise.race([whenAnswerable(), sleep(LISTEN_ANYWAY, undefined, { ref: false })])
  if (stopping) return
  for (const signal of SIGNALS) process.on(signal, stop)
  for (const signal of SIGNALS) process.off(signal, stopEarly)
  server.listen({ port, ...(host === null ? {} : { host }) }, () => {
    const waiting = setImmediate(() => log.warn('the database cannot be reached yet: pages and calls are answered with 503', { address: addressOf() }))
    void whenOpen().then(() => {
      clearImmediate(waiting)
      log.info(`Listening on ${addressOf()}`)
    })
  })
}

function addressOf(): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return String(address)
  return `http://${hostOf(address)}:${address.port}`
}

function hostOf({ family, address }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]` : address
}

/** At the first signal; what follows it changes nothing. */
function stop(): void {
  stopping ??= gracefully.stop(LONGEST_STOP).then(end)
}

/** Nobody is connected yet, so there is nobody to wait for. */
function stopEarly(): void {
  stopping ??= end()
}

function end(): Promise<void> {
  return Promise.race([nitro.hooks.callHook('close'), sleep(LONGEST_STOP)])
    .catch((error: unknown) => log.error('stopping failed', { cause: String(error) }))
    .finally(() => process.exit(0))
}
