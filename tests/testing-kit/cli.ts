#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { startSandbox } from './index.ts'

/* For suites in other languages: starts, prints one line of JSON, and ends when it is told to or when its input ends. */

const USAGE = `Usage: nocodb-license-testing start [--port <number>] [--license-server-port <number>] [--license-server <url>] [--database <address>]

Starts a panel and a sandbox license server. Prints one line of JSON once both answer:
  {"panel":{"url","instanceId","email","password","serviceToken"},"vendor":{"url"}}
Ends on SIGTERM, on SIGINT and, where its input is a pipe, when that is closed.
`

const number = (text: string | undefined) => text === undefined ? undefined : Number(text)

async function start(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args, options: {
      'port': { type: 'string' }, 'license-server-port': { type: 'string' }, 'license-server': { type: 'string' }, 'database': { type: 'string' },
    },
  })
  const { panel, vendor, stop } = await startSandbox({
    ...defined({ port: number(values.port), licenseServerPort: number(values['license-server-port']), licenseServer: values['license-server'] }),
    ...(values.database ? { env: { DATABASE_URL: values.database } } : {}),
  })
  const { url, instanceId, account: { email, password }, serviceToken } = panel
  process.stdout.write(`${JSON.stringify({ panel: { url, instanceId, email, password, serviceToken }, vendor: { url: vendor.url } })}\n`)
  let ending: Promise<void> | undefined
  const end = () => { ending ??= stop().finally(() => process.exit(0)) }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)
  if (!process.stdin.isTTY) process.stdin.resume().once('end', end)
}

function defined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

const [command, ...args] = process.argv.slice(2)
if (command === 'start') {
  await start(args).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(1)
  })
}
else {
  process.stdout.write(USAGE)
  process.exit(command === undefined || /^(?:help|-h|--help)$/.test(command) ? 0 : 2)
}
