import { defineNitroPlugin } from 'nitropack/runtime'
import { commit, sandbox, version } from '#license-build'
import { checkConfiguration } from '../runtime/config-report.ts'

const USAGE = 'Usage: node index.mjs          starts the server\n       node index.mjs check    checks the configuration without starting anything\n'

/**
 * Runs before every other plugin. A command other than the plain start is carried out here, then the process exits with nothing
 * opened.
 */
export default defineNitroPlugin(() => {
  const [command, ...more] = process.argv.slice(2)
  // The development server has arguments of its own.
  if (import.meta.dev || command === undefined) return
  if (command !== 'check' || more.length > 0) {
    process.stderr.write(`Unknown command: ${[command, ...more].map(word => JSON.stringify(word)).join(' ')}\n${USAGE}`)
    process.exit(1)
  }
  const { ok, lines } = checkConfiguration(process.env)
  process.stdout.write(`License activation ${version} (${commit})${sandbox ? ', sandbox build' : ''}, Node.js ${process.version}\n`)
  process.stdout.write(`${lines.map(line => line.replace(/\p{Cc}/gu, '�')).join('\n')}\n`)
  process.exit(ok ? 0 : 1)
})
