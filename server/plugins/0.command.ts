import { defineNitroPlugin } from 'nitropack/runtime'
import { commit, sandbox, version } from '#license-build'
import { checkNetwork } from '../runtime/check-network.ts'
import { checkConfiguration } from '../runtime/config-report.ts'
import { readConfig } from '../runtime/config.ts'
import { migrateDatabase } from '../runtime/migrate-database.ts'

const USAGE = [
  'Usage: node index.mjs                      starts the server',
  '       node index.mjs check                checks the configuration without starting anything',
  '       node index.mjs check --network      also tests the way to the license server',
  '       node index.mjs migrate              creates or updates the tables, and starts nothing',
  '',
].join('\n')

/** Carries out the command that the process was started with; resolves only where that is the plain start. */
async function runCommand(args: readonly string[]): Promise<void> {
  const [command, ...more] = args
  // The development server has arguments of its own.
  if (import.meta.dev || command === undefined) return
  const network = more.length === 1 && more[0] === '--network'
  if (command === 'migrate' && more.length === 0) return migrate()
  if (command !== 'check' || (more.length > 0 && !network)) {
    process.stderr.write(`Unknown command: ${args.map(word => JSON.stringify(word)).join(' ')}\n${USAGE}`)
    process.exit(1)
  }
  const { ok, lines } = checkConfiguration(process.env, { inMemory: sandbox })
  print([`License activation ${version} (${commit})${sandbox ? ', sandbox build' : ''}, Node.js ${process.version}`, ...lines])
  if (!ok || !network) process.exit(ok ? 0 : 1)
  const tested = await checkNetwork(readConfig(process.env, { inMemory: sandbox }), version).catch((error: unknown) => (
    { ok: false, lines: [`Network: the test ended unexpectedly (${error instanceof Error ? error.message : String(error)}).`] }
  ))
  print(tested.lines)
  process.exit(tested.ok ? 0 : 1)
}

async function migrate(): Promise<never> {
  const { ok, lines } = checkConfiguration(process.env, { inMemory: sandbox })
  const done = ok ? await migrateDatabase(readConfig(process.env, { inMemory: sandbox }), version) : { ok, lines }
  print(done.lines)
  return process.exit(done.ok ? 0 : 1)
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.map(line => line.replace(/\p{Cc}/gu, '�')).join('\n')}\n`)
}

// Plugins cannot be waited for, but modules can: with a command, the server is never loaded any further than this.
await runCommand(process.argv.slice(2))

export default defineNitroPlugin(() => undefined)
