import { once } from 'node:events'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/* An address that never responds, not even with a refusal, like one behind a firewall that drops packets. */

/** Listens with a backlog of two connections and sleeps, so that none is ever accepted. */
const SLEEPER = `
const { parentPort } = require('node:worker_threads')
const server = require('node:net').createServer()
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

/** A port of 127.0.0.1 where the kernel drops every attempt to connect, until the test ends. */
export async function startBlackHole(): Promise<number> {
  const worker = new Worker(SLEEPER, { eval: true })
  onTestFinished(async () => {
    await worker.terminate()
  })
  const [port] = await once(worker, 'message')
  for (let filled = 0; filled < 2; filled++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
  }
  return port
}
