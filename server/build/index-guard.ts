/*
 * What `node …/server/index.mjs` runs. The build compiles this file alone, and it imports nothing but Node itself, so that it
 * can speak when the rest cannot be loaded. Until the server has taken over, which a command never lets it do, any failure ends the
 * process with one sentence and exit code 1.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs'

interface Machine { platform: string, arch: string, libc: string }
/** Path from this folder, and size; null if the file only has to exist. */
type Files = [string, number | null][]

/* The build puts these before the code below. */
declare const BUILT_FOR: Machine
declare const NEEDED_NODE: number

const folder = new URL('./', import.meta.url)

const isError = (error: unknown): error is Error & { code?: unknown } => error instanceof Error
const nameOf = ({ platform, arch, libc }: Machine) => `${platform}-${arch}${libc ? ` (${libc})` : ''}`
const isHere = (name: string) => name.startsWith(folder.pathname) ? name.slice(folder.pathname.length) : name

function end(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

function thisMachine(): Machine {
  const { platform, arch } = process
  if (platform !== 'linux') return { platform, arch, libc: '' }
  Object.assign(process.report, { excludeNetwork: true })
  // Node's report has this only if Node was linked against glibc.
  return { platform, arch, libc: JSON.stringify(process.report.getReport()).includes('"glibcVersionRuntime"') ? 'glibc' : 'musl' }
}

/** What could not be loaded, in a few words, as far as Node's error tells. */
function reasonOf(error: unknown): string {
  if (!isError(error)) return String(error)
  // Node does not say which file.
  if (error instanceof SyntaxError) return `one of its files is damaged: ${error.message}`
  const missing = /^Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1]
  if (missing) return `${isHere(missing)} is missing`
  const native = /@[\w-]+\/[\w-]+/.exec(String(error.stack))?.[0]
  if (/native binding|dlopen|ELF|ERR_DLOPEN/i.test(`${error.message} ${error.code}`)) return `the native part of ${native ?? 'a module'} cannot be loaded`
  return isHere(error.message.split('\n')[0] ?? '')
}

function cannotStart(error: unknown): never {
  const [made, here] = [nameOf(BUILT_FOR), nameOf(thisMachine())]
  const remedy = made === here
    ? 'which is right for this machine: copy the whole build folder again, and make sure that this user can read it'
    : `but this is ${here}: build it here, or use one that was built for this platform`
  end(`This server cannot start: ${reasonOf(error)}; it was built for ${made}, ${remedy}.`)
}

/** Checks all files now. Otherwise a missing one would only show once somebody asks for the page that needs it. */
function requireFiles(files: Files): void {
  for (const [name, size] of files) {
    const path = new URL(name, folder)
    const isNative = name.endsWith('.node')
    const found = statSync(path, { throwIfNoEntry: false })
    // On another platform, another native module stands in its place.
    if (!found && isNative) continue
    if (!found) throw new Error(`${name} is missing`)
    if (!found.isFile() || (size !== null && found.size !== size)) throw new Error(`${name} is damaged`)
    try {
      accessSync(path, constants.R_OK)
    }
    catch {
      throw new Error(`${name} cannot be read`)
    }
  }
}

function readList(): Files {
  try {
    return JSON.parse(readFileSync(new URL('files.json', folder), 'utf8'))
  }
  catch {
    throw new Error('files.json is missing or damaged')
  }
}

/**
 * The base path of NC_PUBLIC_URL, as server/runtime/base-path.ts computes it. An invalid address ends the start later, with a
 * reason.
 */
function basePathOf(address: string): string {
  if (!URL.canParse(address)) return '/'
  return new URL(address).pathname.split('/').filter(Boolean).reduce((base, segment) => `${base}${segment}/`, '/')
}

process.on('uncaughtException', cannotStart)
process.on('unhandledRejection', cannotStart)
// A command's caller goes on if it ends with 0, as if it had been carried out.
const isCommand = process.argv.length > 2
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    process.stderr.write(`Stopped by ${signal} before it ${isCommand ? 'was done' : 'had started'}.\n`)
    process.exit(isCommand ? 1 : 0)
  })
}
// The reader of the log has gone, or its disk is full. That is no reason to end: the license goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

if (Number(process.versions.node.split('.')[0]) < NEEDED_NODE) {
  end(`This server needs Node.js ${NEEDED_NODE} or newer; it was started on ${process.version}.`)
}
try {
  requireFiles(readList())
  process.env.NODE_ENV ??= 'production'
  // Set before the server is loaded, because the framework reads it then. NITRO_ wins over other prefixes.
  process.env.NITRO_APP_BASE_URL = basePathOf((process.env.NC_PUBLIC_URL ?? '').trim())
  // How long a silent DNS server is waited for (resolv.conf(5)): short enough to try the next one, and for no look-up to outlive
  // the stop.
  process.env.RES_OPTIONS ??= 'timeout:2 attempts:2'
  await import(new URL('server.mjs', folder).href)
}
catch (error) {
  cannotStart(error)
}
