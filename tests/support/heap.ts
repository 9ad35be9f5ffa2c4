import { once } from 'node:events'
import type { Product } from './product-process.ts'

/* Measures the heap of a product started with HEAP_OPTIONS, through V8's inspector. */

/** As much memory as a small container has, and an inspector on a free port. */
export const HEAP_OPTIONS = { NODE_OPTIONS: '--max-old-space-size=512 --inspect=127.0.0.1:0' }

const MIB = 2 ** 20

/** Collects garbage; resolves to the live heap in MiB, objects and the buffers behind them. */
export async function liveHeapMiB(product: Product): Promise<number> {
  const address = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(product.output())?.[0]
  if (!address) throw new Error('the product was not started with HEAP_OPTIONS')
  const socket = new WebSocket(address)
  try {
    await once(socket, 'open')
    const ask = async (id: number, method: string): Promise<unknown> => {
      socket.send(JSON.stringify({ id, method }))
      for (;;) {
        const [message] = await once(socket, 'message')
        const answer: unknown = JSON.parse(String(message.data))
        if (Object(answer).id === id) return Object(answer).result
      }
    }
    // What finalisers release is collected the second time.
    await ask(1, 'HeapProfiler.collectGarbage')
    await ask(2, 'HeapProfiler.collectGarbage')
    const { usedSize = Number.NaN, backingStorageSize = 0 } = Object(await ask(3, 'Runtime.getHeapUsage'))
    return (Number(usedSize) + Number(backingStorageSize)) / MIB
  }
  finally {
    socket.close()
  }
}
