import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { ensureSandboxBuild } from '../support/build.ts'

/* `npm start`: the sandbox license server and the admin panel, with a credential to try for each method. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LOGIN = { email: 'admin@example.com', password: 'sandbox-password' }
const port = Number(process.env.PORT) || 3000
const licenseServerPort = Number(process.env.LICENSE_SERVER_PORT) || 4100

ensureSandboxBuild()
const licenseServer = await startLicenseServer({ port: licenseServerPort }).catch((error: unknown) => {
  process.stderr.write(`The sandbox license server did not start on port ${licenseServerPort}: ${String(error)}\nAnother port: LICENSE_SERVER_PORT=4101 npm start\n`)
  process.exit(1)
})

const panel = spawn(process.execPath, ['.output-sandbox/server/index.mjs'], {
  cwd: ROOT,
  env: {
    NC_ADMIN_EMAIL: LOGIN.email, NC_ADMIN_PASSWORD: LOGIN.password, NC_LOG_FORMAT: 'pretty',
    ...(process.env.DATABASE_URL_FILE ? {} : { DATABASE_URL: 'file:.data/license.db' }), ...process.env,
    PORT: String(port), NC_LICENSE_SERVER_URL: process.env.NC_LICENSE_SERVER_URL ?? licenseServer.url,
  },
  stdio: ['inherit', 'pipe', 'inherit'],
})
let instanceId = ''
panel.stdout.on('data', (chunk: Buffer) => {
  process.stdout.write(chunk)
  instanceId ||= /Instance ID: ([0-9a-f]{32})/.exec(chunk.toString())?.[1] ?? ''
})
panel.on('exit', (code) => {
  void licenseServer.stop().finally(() => process.exit(code ?? 1))
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => panel.kill('SIGTERM'))

await untilReady()
printWhatToTry()

async function untilReady(): Promise<void> {
  for (;;) {
    const response = await fetch(`http://localhost:${port}/api/health/ready`).catch(() => undefined)
    if (response?.ok && instanceId) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

function printWhatToTry(): void {
  const issued = spawnSync(process.execPath, ['tests/license-server/main.ts', 'issue', '--method', 'offline', '--instance', instanceId], {
    cwd: ROOT, encoding: 'utf8',
  })
  process.stdout.write(`
  Admin panel   http://localhost:${port}/admin/license
  Sign in       ${process.env.NC_ADMIN_EMAIL ?? LOGIN.email}   ${process.env.NC_ADMIN_PASSWORD ? '(NC_ADMIN_PASSWORD)' : LOGIN.password}

  Paste one of these and click Save:

  Standard      nc_demo_standard
  Airgapped     nc_ag_demo_airgapped
  Offline       ${issued.stdout.trim()}

  Sandbox license server: ${licenseServer.url}   Stop both: Ctrl-C

`)
}
