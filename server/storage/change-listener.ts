import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { ChangeHint } from './version-look.ts'

/** The channel on which PostgreSQL says, by a trigger (migration 0013), in which schema somebody has written. */
const CHANNEL = 'nocodb_license'
const BELIEVED_FOR = 15_000
/** Ms: how long a notification may take that proves that they pass, and when to try again where they do not. */
const PROOF_WITHIN = 2_000
const TRY_AGAIN_AFTER = 60_000
/** Ms that an answer may take, and that the end waits for a database that gives none. */
const ANSWER_WITHIN = 3_000
const END_WITHIN = 500
/** Ms until a connection that was lost is made again. */
const RECONNECT_AFTER = 2_000

export interface ListenerOptions {
  config: pg.ClientConfig
  /** Of the tables: several installations may share a database, and with it the channel. */
  schema: string
  /** Sends a notification by another connection. */
  notify: (channel: string, payload: string) => Promise<unknown>
}

/** Listens on a connection of its own. `close` ends it. */
export interface ChangeListener extends ChangeHint { close(): Promise<void> }

/**
 * Starts listening. It is relied on only once a notification has really come through: behind a pooler in transaction mode none ever
 * does, and none is announced as missing.
 */
export function createChangeListener({ config, schema, notify }: ListenerOptions): ChangeListener {
  const closing = new AbortController()
  const { signal } = closing
  let heard = 0
  let reliable = false
  let giveUp: (() => void) | undefined

  /** One connection, until it ends; resolves to the wait (ms) before the next. */
  async function listen(): Promise<number> {
    const client = new pg.Client({ ...config, connectionTimeoutMillis: ANSWER_WITHIN, query_timeout: ANSWER_WITHIN })
    const proof = `proof ${randomUUID()}`
    const proven = Promise.withResolvers<boolean>()
    const ended = Promise.withResolvers<void>()
    giveUp = ended.resolve
    const leave = () => void client.end().catch(() => undefined)
    signal.addEventListener('abort', leave)
    client.on('error', () => ended.resolve())
    client.on('end', () => ended.resolve())
    client.on('notification', ({ payload }) => {
      if (payload === proof) proven.resolve(true)
      else if (payload === schema) heard++
    })
    try {
      // A client that is told to end while it connects never says how that went.
      await Promise.race([client.connect(), ended.promise])
      await client.query(`listen ${CHANNEL}`)
      await notify(CHANNEL, proof)
      if (!await Promise.race([proven.promise, sleep(PROOF_WITHIN, false, { ref: false, signal })])) return TRY_AGAIN_AFTER
      // Whatever was written before this moment may have gone unheard.
      heard++
      reliable = !signal.aborted
      await ended.promise
      return RECONNECT_AFTER
    }
    finally {
      reliable = false
      signal.removeEventListener('abort', leave)
      leave()
    }
  }

  async function keepListening(): Promise<void> {
    while (!signal.aborted) {
      const wait = await listen().catch(() => RECONNECT_AFTER)
      await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  const running = keepListening()
  return {
    believedFor: BELIEVED_FOR,
    mark: () => reliable ? heard : undefined,
    missed: () => giveUp?.(),
    async close() {
      closing.abort()
      giveUp?.()
      // A database that is gone without a word must not keep the process from stopping.
      await Promise.race([running, sleep(END_WITHIN, undefined, { ref: false })])
    },
  }
}
