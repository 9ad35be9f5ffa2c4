import type { Server } from 'node:http'
import { USAGE, issueFromArguments } from './issue.ts'
import { createLicenseServer } from './server.ts'

const [command, ...args] = process.argv.slice(2)

function stopOnSignal(server: Server): void {
  const stop = (): void => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // Started by a test: never outlive it, even if it was killed.
  if (process.connected) process.once('disconnect', stop)
}

function serve(): void {
  const { PORT: portText = '4100', HOST: host = '127.0.0.1' } = process.env
  const port = Number(portText)
  if (!/^\d{1,5}$/.test(portText) || port > 65_535) {
    console.error('PORT must be a number from 0 to 65535 (0 takes any free port)')
    process.exitCode = 2
    return
  }
  const server = createLicenseServer()
  server.once('error', (error) => {
    console.error(`The sandbox license server cannot listen on ${host}:${port}: ${error.message}`)
    process.exit(1)
  })
  server.listen(port, host, () => {
    const address = server.address()
    const actual = typeof address === 'object' && address ? address.port : port
    // Tests wait for this very line.
    console.log(`sandbox license server listening on http://${host.includes(':') ? `[${host}]` : host}:${actual}`)
    if (!process.connected) console.log('Keys to try: nc_demo_standard, nc_ag_demo_airgapped; more at /__sandbox/openapi.json. Stop: Ctrl-C')
  })
  stopOnSignal(server)
}

async function issue(): Promise<void> {
  const issued = await issueFromArguments(args)
  if ('token' in issued) {
    console.log(issued.token)
    return
  }
  console.error([...issued.problems, '', USAGE].join('\n'))
  process.exitCode = 2
}

if (command === 'issue') await issue()
else if (command === undefined) serve()
else if (command === 'help' || command === '--help' || command === '-h') console.log(USAGE)
else {
  console.error(`There is no command ${command}.\n\n${USAGE}`)
  process.exitCode = 2
}
