import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const packageFile = new URL('../../package.json', import.meta.url)

/**
 * Takes the built server's folder; puts a small entry before Nitro's own that names the Node it needs when started on an
 * older one (which would listen and then fail each request), and bounds how long a shutdown may take.
 */
export function guardEntry(serverDir: string): void {
  const needed = Number(/\d+/.exec(String(JSON.parse(readFileSync(packageFile, 'utf8')).engines.node))?.[0])
  renameSync(join(serverDir, 'index.mjs'), join(serverDir, 'server.mjs'))
  writeFileSync(join(serverDir, 'index.mjs'), `const major = Number(process.versions.node.split('.')[0])
if (major < ${needed}) {
  process.stderr.write('This server needs Node.js ${needed} or newer; it was started on ' + process.version + '.\\n')
  process.exit(1)
}
process.env.NODE_ENV ??= 'production'
// Open requests get this long (ms) when the server is told to stop, and closing as long again: it ends within ten seconds.
process.env.NITRO_SHUTDOWN_TIMEOUT ??= '4500'
// A resolver that says nothing gets this long (resolv.conf(5)): time is left for the next one, and no look-up outlives the shutdown.
process.env.RES_OPTIONS ??= 'timeout:2 attempts:2'
process.on('uncaughtException', (error) => {
  // A name that fails to resolve later, somebody else's, is no reason to end.
  const isHost = error.syscall === 'getaddrinfo' && error.hostname === (process.env.NITRO_HOST || process.env.HOST)
  if (error.syscall !== 'listen' && !isHost) return
  process.stderr.write('PORT, HOST: cannot listen on ' + [error.address ?? error.hostname, error.port].filter(Boolean).join(':') + ' (' + error.code + ').\\n')
  process.exit(1)
})
await import('./server.mjs')
`)
}
