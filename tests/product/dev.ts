import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'

/* `npm run dev`: Nuxt's development server with the sandbox license server. */

const licenseServer = await startLicenseServer({ port: Number(process.env.LICENSE_SERVER_PORT) || 4100 })
const nuxt = spawn('nuxt', ['dev', ...process.argv.slice(2)], {
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  env: {
    NC_ADMIN_EMAIL: 'admin@example.com', NC_ADMIN_PASSWORD: 'sandbox-password', DATABASE_URL: 'file:.data/development.db',
    ...process.env,
    NC_LICENSE_BUILD: 'sandbox', NC_LICENSE_SERVER_URL: licenseServer.url, NUXT_TELEMETRY_DISABLED: '1',
  },
  stdio: 'inherit',
})
nuxt.on('exit', (code) => {
  void licenseServer.stop().finally(() => process.exit(code ?? 1))
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => nuxt.kill(signal))
