import { spawn } from 'node:child_process'
import { once } from 'node:events'

/*
 * Runs npm scripts at the same time: `node tests/product/side-by-side.ts lint types`. Each one's output comes in one piece when
 * it has ended; ends with 1 when any of them fails.
 */

const failed = await Promise.all(process.argv.slice(2).map(async (script) => {
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  await once(child, 'close')
  process.stdout.write(output)
  if (child.exitCode !== 0) process.stderr.write(`npm run ${script} failed\n`)
  return child.exitCode !== 0
}))
process.exitCode = failed.includes(true) ? 1 : 0
