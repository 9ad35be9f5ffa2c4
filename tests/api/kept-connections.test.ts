import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { sleep, until, useStand } from '../support/stand.ts'

const stand = useStand()

/** Longer than Node keeps an idle connection by itself. */
const HELD_UP = 7_000

it('a request on a kept connection is answered by a process that was held up for seconds', async () => {
  const { port, process: { pid = 0 } } = stand.product
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let received = ''
  let failure: Error | null = null
  socket.on('data', (chunk: Buffer) => { received += chunk.toString() })
  socket.on('error', (error) => { failure = error })
  const ask = () => socket.write('GET /api/health/live HTTP/1.1\r\nHost: panel.example\r\n\r\n')
  const answers = () => received.match(/HTTP\/1\.1 200 /g)?.length ?? 0
  ask()
  await until('the first answer', () => answers() === 1)
  process.kill(pid, 'SIGSTOP')
  try {
    ask()
    await sleep(HELD_UP)
  }
  finally {
    process.kill(pid, 'SIGCONT')
  }
  await until('the second answer, or the end of the connection', () => answers() === 2 || socket.closed)
  expect({ failure, answers: answers() }).toEqual({ failure: null, answers: 2 })
  socket.destroy()
})
