import { readFileSync } from 'node:fs'
import { supportBundleSchema } from '../shared/schemas.ts'
import { explainBundle } from './runtime/explain.ts'

/* `npm run explain -- bundle.json`: what a support bundle says, from the bundle alone. */

const [file] = process.argv.slice(2)
if (file === undefined) end('Usage: npm run explain -- <support bundle, a .json file>')
const { data, error } = supportBundleSchema.safeParse(read(file))
if (data) process.stdout.write(`${explainBundle(data).map(printable).join('\n')}\n`)
else end(`${file} is not a support bundle of this version: ${error.issues[0]?.path.join('.') || 'its form'} is not as expected.`)

function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  }
  catch (cause) {
    return end(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

function end(sentence: string): never {
  process.stderr.write(`${printable(sentence)}\n`)
  process.exit(1)
}

/** A line without what would steer a terminal or turn the text around: a bundle comes from somebody else. */
function printable(line: string): string {
  return line.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
