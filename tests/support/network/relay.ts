import { connect, createServer, type Socket } from 'node:net'

/** Relays between a client and a server on this machine. */
export interface Relay {
  port: number
  /** The port new connections are relayed to. */
  target: number
  /** While set, it swallows what either side sends, like a network that drops packets. */
  silent: boolean
  /** While set, connections are refused; setting it cuts those that there are. */
  cut: boolean
  close(): void
}

export async function startRelay(target: number): Promise<Relay> {
  const sockets = new Set<Socket>()
  let isCut = false
  const listener = createServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(relay.target, '127.0.0.1')
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.on('data', (data) => {
        if (!relay.silent) to.write(data)
      })
      from.on('error', () => {})
      from.on('close', () => to.destroy())
    }
  })
  const relay: Relay = {
    port: 0,
    target,
    silent: false,
    get cut() { return isCut },
    set cut(given) {
      isCut = given
      if (given) for (const socket of sockets) socket.destroy()
    },
    close() {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  await new Promise<void>(done => listener.listen(0, '127.0.0.1', done))
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  relay.port = address.port
  return relay
}
