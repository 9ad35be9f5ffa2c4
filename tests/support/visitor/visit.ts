import { Agent, request } from 'node:http'
import type { Product } from '../product-process.ts'
import { SERVICE_TOKEN } from '../product-process.ts'
import type { Asked, Shape } from './shapes.ts'
import { SHAPES } from './shapes.ts'

/* A visitor without an account who never requests the same thing twice. */

const CONNECTIONS = 16

export interface Visit {
  asked: number
  pages: number
  /** How often each status was returned. */
  statuses: Map<number, number>
  /** 5xx responses and requests without one, with what was requested. */
  failures: string[]
}

let names = 0
/** A name never used before: eight characters, the last of which vary most. */
const nextName = () => `n${(2 ** 32 + names++).toString(36)}`

/** Sends the given numbers of requests, for pages and for everything else; resolves to the responses. */
export async function visit({ port }: Product, pagesEach: number, othersEach: number): Promise<Visit> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const seen: Visit = { asked: 0, pages: 0, statuses: new Map(), failures: [] }
  const queue = turns(pagesEach, othersEach)
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    for (const shape of queue) {
      const asked = shape.ask(nextName())
      const status = await send(port, agent, asked)
      seen.asked++
      if (shape.isPage) seen.pages++
      seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1)
      if ((status === 0 || status >= 500) && seen.failures.length < 20) seen.failures.push(`${status}: ${shape.what}, ${JSON.stringify(asked)}`)
    }
  }))
  agent.destroy()
  return seen
}

/** All shapes side by side, the pages spread over the whole visit. */
function* turns(pagesEach: number, othersEach: number): Generator<Shape> {
  const rounds = Math.max(pagesEach, othersEach)
  for (let round = 0; round < rounds; round++) {
    for (const shape of SHAPES) {
      const share = shape.isPage ? pagesEach : othersEach
      if (Math.floor((round + 1) * share / rounds) > Math.floor(round * share / rounds)) yield shape
    }
  }
}

/** Resolves to the status, 0 if no response came. */
function send(port: number, agent: Agent, { method = 'GET', path, headers = {}, body }: Asked): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, agent, method, path, headers, timeout: 60_000 }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0)).on('error', () => resolve(0))
    })
    sent.on('timeout', () => sent.destroy()).on('error', () => resolve(0)).end(body)
  })
}

/** Keeps asking whether a feature is licensed until told to stop; resolves to the statuses returned. */
export function watchFeature({ url }: Product): () => Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let going = true
  const watching = (async () => {
    while (going) {
      const headers = { authorization: `Bearer ${SERVICE_TOKEN}` }
      const status = await fetch(`${url}/api/features/sso`, { headers, signal: AbortSignal.timeout(10_000) }).then(({ status }) => status, () => 0)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  })()
  return async () => {
    going = false
    await watching
    return statuses
  }
}
