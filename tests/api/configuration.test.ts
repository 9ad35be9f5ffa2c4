import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VARIABLES } from '../../server/runtime/config-variables.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { createApiClient } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import { ADMIN, SERVICE_TOKEN, SLOW_START } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { runToEnd } from '../support/run-to-end.ts'
import { restart, signInSoon, startOwnProduct, until } from '../support/stand.ts'

let licenseServer: LicenseServerProcess
let folder = ''
beforeAll(async () => {
  licenseServer = await startLicenseServer()
  folder = await mkdtemp(join(tmpdir(), 'nc-secrets-'))
})
afterAll(async () => {
  await licenseServer.stop()
  await rm(folder, { recursive: true, force: true })
})

const CANARY = 'canary-7f3a'
const EMAIL = { NC_ADMIN_EMAIL: ADMIN.email }

/** Wrong values; the variable that has to be named is the first. */
const WRONG: [string, Record<string, string>][] = [
  ['PORT', { PORT: 'http' }], ['PORT', { PORT: '70000' }],
  ['DATABASE_URL', { DATABASE_URL: `mysql://root:${CANARY}@db/license` }], ['DATABASE_URL', { DATABASE_URL: 'file:' }],
  ['DATABASE_URL', { DATABASE_URL: `postgres://user:${CANARY}@:bad:port/x` }],
  ['NC_PUBLIC_URL', { NC_PUBLIC_URL: 'license.example.com' }], ['NC_PUBLIC_URL', { NC_PUBLIC_URL: 'ftp://license.example.com' }],
  ['NC_PUBLIC_URL', { NC_PUBLIC_URL: 'https://nocodb.example.com/a;b/' }],
  ['NC_TRUST_PROXY', { NC_TRUST_PROXY: 'everybody' }], ['NC_TRUST_PROXY', { NC_TRUST_PROXY: '10.0.0.0/99' }],
  ['NC_LICENSE_SERVER_URL', { NC_LICENSE_SERVER_URL: 'http://license.example.com' }],
  ['NC_LICENSE_SERVER_URL', { NC_LICENSE_SERVER_URL: 'app.nocodb.com' }],
  ['NC_LICENSE_SERVER_URL', { NC_LICENSE_SERVER_URL: 'http://127.0.0.1.example.com' }],
  ['NC_ADMIN_PASSWORD', { ...EMAIL, NC_ADMIN_PASSWORD: CANARY.slice(0, 8) }], ['NC_ADMIN_PASSWORD', { ...EMAIL }],
  ['NC_ADMIN_EMAIL', { NC_ADMIN_PASSWORD: `${CANARY} long enough` }],
  ['NC_ADMIN_EMAIL', { NC_ADMIN_EMAIL: 'nobody', NC_ADMIN_PASSWORD: `${CANARY} long enough` }],
  ['NC_SESSION_SECRET', { NC_SESSION_SECRET: CANARY }],
  ['NC_SERVICE_TOKEN', { NC_SERVICE_TOKEN: CANARY }], ['NC_SERVICE_TOKEN', { NC_SERVICE_TOKEN: `${SERVICE_TOKEN},${CANARY}` }],
  ['NC_EVENTS_KEEP_DAYS', { NC_EVENTS_KEEP_DAYS: 'forever' }], ['NC_EVENTS_KEEP_DAYS', { NC_EVENTS_KEEP_DAYS: '0' }],
  ['NC_LOG_FORMAT', { NC_LOG_FORMAT: 'xml' }],
  ['NC_LOG_LEVEL', { NC_LOG_LEVEL: 'verbose' }],
  ['HOST', { HOST: 'http://127.0.0.1' }],
  ['DATABASE_URL', { DATABASE_URL: 'file:/x?y' }], ['DATABASE_URL', { DATABASE_URL: `postgres://u:${CANARY}@h/x?sslmode=bogus` }],
  ['NC_PUBLIC_URL', { NC_PUBLIC_URL: 'https://x.example/?license' }], ['NC_TRUST_PROXY', { NC_TRUST_PROXY: '1' }],
  ['NC_LICENSE_SERVER_URL', { NC_LICENSE_SERVER_URL: `https://user:${CANARY}@x.example` }],
  ['HTTPS_PROXY', { HTTPS_PROXY: `socks5://user:${CANARY}@x.example` }], ['NO_PROXY', { NO_PROXY: '10.0.0.0/33' }],
  ['NODE_EXTRA_CA_CERTS', { NODE_EXTRA_CA_CERTS: '/nope' }],
  ['NC_ADMIN_TOKEN', { NC_ADMIN_TOKEN: SERVICE_TOKEN, NC_SERVICE_TOKEN: SERVICE_TOKEN }],
  ['NC_LICENSE_KEY_FILE', { NC_LICENSE_KEY_FILE: '/nowhere/at/all' }],
  ['NC_SERVICE_TOKEN', { NC_SERVICE_TOKEN: SERVICE_TOKEN, NC_SERVICE_TOKEN_FILE: '/nowhere' }],
]

describe('a wrong value', () => {
  it.concurrent.each(WRONG)('F87: of %s ends the start, names it, and is not shown: %j', async (variable, env) => {
    const { code, output, files } = await runToEnd(env)
    expect(code, output).toBeGreaterThan(0)
    expect(output).toMatch(new RegExp(`${variable}\\b.*\\w`))
    expect(output).not.toContain(CANARY.slice(0, 8))
    expect(output).not.toMatch(/\n\s+at /)
    expect(files).toEqual([])
  })

  it('F87: of several variables is told of all of them', async () => {
    const { code, output } = await runToEnd({ PORT: 'http', NC_TRUST_PROXY: '1', NC_SESSION_SECRET: CANARY })
    expect(code).toBe(1)
    for (const name of ['PORT', 'NC_TRUST_PROXY', 'NC_SESSION_SECRET']) expect(output).toMatch(new RegExp(`^${name}: `, 'm'))
  })

  it('F87: is explained by a misspelt name as the command check explains it', async () => {
    const { code, output } = await runToEnd({ ...EMAIL, NC_ADMIN_PASWORD: `${CANARY} long enough` })
    expect(code).toBe(1)
    expect(output).toBe('NC_ADMIN_PASSWORD: is needed together with NC_ADMIN_EMAIL\nWarning: NC_ADMIN_PASWORD is not read; was NC_ADMIN_PASSWORD meant?\n')
  })

  it('of a license key ends nothing', async () => {
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { NC_LICENSE_KEY: 'not a key' } })
    expect((await createApiClient(product.url).request('GET', '/api/health/ready')).status).toBe(200)
  })
})

describe('what is left out', () => {
  it('F87: may be empty or blank, every variable and every file, and a misspelt name is warned about', async () => {
    const names = VARIABLES.filter(({ name }) => !['PORT', 'HOST', 'DATABASE_URL', 'NC_LOG_FORMAT'].includes(name))
    const env: Record<string, string | undefined> = { NC_LICENCE_KEY: 'x', ALL_PROXY: 'socks5://nowhere', HOST: ' 127.0.0.1 ', PORT: undefined }
    for (const [index, { name, secret }] of names.entries()) {
      env[name] = index % 2 ? '' : ' \n'
      if (secret) env[`${name}_FILE`] = index % 2 ? ' ' : ''
    }
    const port = await freePort()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, port, env: { ...env, PORT: ` ${port} ` } })
    await until('the set-up link is there', () => product.output().includes('/setup#token='))
    expect(product.output()).toContain('NC_LICENCE_KEY is not read; was NC_LICENSE_KEY meant?')
    expect(product.output().split('\n').filter(line => line.includes('"level":"warn"') && !line.includes(SLOW_START))).toHaveLength(1)
    expect((await createApiClient(product.url).request('GET', '/api/health/ready')).status).toBe(200)
  })

  it('F87: a password with spaces around it is the one that signs in', async () => {
    const password = ' with spaces around '
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { NC_ADMIN_PASSWORD: password } })
    await signInSoon(product, { ...ADMIN, password })
    expectError(await createApiClient(product.url).request('POST', '/api/auth/login', { ...ADMIN, password: password.trim() }), 'UNAUTHENTICATED')
  })
})

describe('secrets from files', () => {
  it('are read for every variable that may hold one', async () => {
    const secrets = {
      NC_LICENSE_KEY: 'nc_demo_standard\n', NC_ADMIN_PASSWORD: `${ADMIN.password}\n`, NC_SERVICE_TOKEN: `${SERVICE_TOKEN}\n`,
      NC_SESSION_SECRET: 'session secret of more than 32 characters\n', DATABASE_URL: `file:${join(folder, 'elsewhere.db')}\n`,
    }
    const env: Record<string, string | undefined> = {}
    for (const [name, content] of Object.entries(secrets)) {
      await writeFile(join(folder, name), content)
      env[name] = undefined
      env[`${name}_FILE`] = join(folder, name)
    }
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env })
    const client = await signInSoon(product)
    expect((await client.waitFor(({ state }) => state === 'active')).managedByEnv).toBe(true)
    const asked = await createApiClient(product.url).request('GET', '/api/entitlements', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
    expect(asked.status).toBe(200)
    expect(product.output()).toContain(join(folder, 'elsewhere.db'))
  })
})

describe('the administrator from the environment', () => {
  it('can sign in as soon as the process says that it is ready', async () => {
    const port = await freePort()
    const product = startOwnProduct({ licenseServerUrl: licenseServer.url, port })
    const url = `http://127.0.0.1:${port}`
    // Without a pause in between: what matters is the very first moment.
    while (!await fetch(`${url}/api/health/ready`).then(({ ok }) => ok).catch(() => false));
    const { status } = await createApiClient(url).request('POST', '/api/auth/login', ADMIN)
    await product
    expect(status).toBe(200)
  })

  it('is the way back in: a different password at a start resets it and ends its sessions', async () => {
    const options = { licenseServerUrl: licenseServer.url }
    const product = await startOwnProduct(options)
    const client = await signInSoon(product)
    const same = await restart(product, options)
    expect((await client.request('GET', '/api/auth/session')).status).toBe(200)

    const next = { ...ADMIN, password: 'a different password' }
    const again = await restart(same, { ...options, env: { NC_ADMIN_PASSWORD: next.password } })
    await signInSoon(again, next)
    expectError(await client.request('GET', '/api/auth/session'), 'UNAUTHENTICATED')
    expectError(await createApiClient(again.url).request('POST', '/api/auth/login', ADMIN), 'UNAUTHENTICATED')
  })

})

describe('a PostgreSQL that cannot be reached', () => {
  it('leaves the process alive, not ready, and its password unsaid', async () => {
    const product = await startOwnProduct({
      licenseServerUrl: licenseServer.url, untilReady: false,
      env: { DATABASE_URL: `postgres://license:${CANARY}@127.0.0.1:${await freePort()}/license` },
    })
    const client = createApiClient(product.url)
    expect((await client.request('GET', '/api/health/live')).status).toBe(200)
    for (const [method, path, body] of [['GET', '/api/health/ready', undefined], ['POST', '/api/auth/login', ADMIN]] as const) {
      const answer = await client.request(method, path, body)
      expectError(answer, 'STORAGE_UNAVAILABLE')
      expect(answer.text).not.toContain(CANARY)
    }
    const asked = await client.request('GET', '/api/entitlements', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
    expectError(asked, 'STORAGE_UNAVAILABLE')
    await until('the log tells of it', () => product.output().includes('database'))
    expect(product.output()).not.toContain(CANARY)
    expect(await product.stop()).toBe(0)
  })
})

describe('health', () => {
  it('does not depend on the license or the license server', async () => {
    const product = await startOwnProduct({ licenseServerUrl: `http://127.0.0.1:${await freePort()}` })
    for (const path of ['/api/health/live', '/api/health/ready']) {
      expect((await createApiClient(product.url).request('GET', path)).body).toEqual({ status: 'ok' })
    }
    expect(product.output()).toContain(product.databaseFile)
    expect(await product.stop()).toBe(0)
  })
})
