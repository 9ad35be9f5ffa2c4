import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkConfiguration } from '../../../server/runtime/config-report.ts'
import type { Config } from '../../../server/runtime/config.ts'
import { ConfigError, readConfig } from '../../../server/runtime/config.ts'
import { editDistance, misspeltVariables, VARIABLES } from '../../../server/runtime/config-variables.ts'

type Env = Record<string, string>

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'license-config-'))
  mkdirSync(join(folder, 'a-folder'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(content: string | Uint8Array): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.txt`)
  writeFileSync(path, content)
  return path
}

/** Everything that keeps a start with this environment from going on, a line each. */
function problemsOf(env: Env): readonly string[] {
  try {
    readConfig(env)
    return []
  }
  catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

/** What a start would go by; without what is new at every start. */
function comparable(env: Env): unknown {
  const { replica: _replica, origins: _origins, proxyFor, ...rest } = readConfig(env)
  return { ...rest, proxies: ['https://app.nocodb.com', 'http://host.example'].map(proxyFor) }
}

const LONG = 'a-token-of-more-than-thirty-two-characters'
const PEM = rootCertificates[0] ?? ''
const EMAIL = 'admin@example.com'

/** For each variable one value that changes something, what else it needs, and where it shows. */
const GOOD: Readonly<Record<string, { value: () => string, with?: Env, shows: (config: Config) => unknown }>> = {
  PORT: { value: () => '8080', shows: ({ listen }) => listen.port },
  HOST: { value: () => '127.0.0.1', shows: ({ listen }) => listen.host },
  DATABASE_URL: { value: () => 'postgres://u:p@db.example/license', shows: ({ databaseUrl }) => databaseUrl },
  NC_PUBLIC_URL: { value: () => 'https://nocodb.example.com/license', shows: ({ basePath }) => basePath },
  NC_TRUST_PROXY: { value: () => '10.0.0.0/8, 192.168.1.4', shows: ({ trustProxy }) => trustProxy },
  NC_LICENSE_SERVER_URL: { value: () => 'https://license.example.com/base/', shows: config => config.licenseServerUrl },
  NC_LICENSE_KEY: { value: () => 'nc_demo_standard', shows: ({ licenseKey }) => licenseKey?.text },
  NC_ADMIN_EMAIL: { value: () => EMAIL, with: { NC_ADMIN_PASSWORD: 'long enough' }, shows: ({ admin }) => admin?.email },
  NC_ADMIN_PASSWORD: { value: () => 'long enough', with: { NC_ADMIN_EMAIL: EMAIL }, shows: ({ admin }) => admin?.password },
  NC_ADMIN_TOKEN: { value: () => LONG, shows: ({ adminTokens }) => adminTokens },
  NC_SESSION_SECRET: { value: () => LONG, shows: ({ sessionSecret }) => sessionSecret },
  NC_SERVICE_TOKEN: { value: () => LONG, shows: ({ serviceTokens }) => serviceTokens },
  NC_EVENTS_KEEP_DAYS: { value: () => '30', shows: ({ eventsKeepDays }) => eventsKeepDays },
  NC_LOG_FORMAT: { value: () => 'pretty', shows: ({ logFormat }) => logFormat },
  NC_LOG_LEVEL: { value: () => 'debug', shows: ({ logLevel }) => logLevel },
  HTTPS_PROXY: { value: () => 'http://proxy.example:3128', shows: ({ proxyFor }) => proxyFor('https://app.nocodb.com') },
  HTTP_PROXY: { value: () => 'http://proxy.example:3128', shows: ({ proxyFor }) => proxyFor('http://127.0.0.1') },
  NO_PROXY: { value: () => '*', with: { HTTPS_PROXY: 'proxy.example:3128' }, shows: ({ proxyFor }) => proxyFor('https://app.nocodb.com') },
  NODE_EXTRA_CA_CERTS: { value: () => file(PEM), shows: ({ origins }) => origins.NODE_EXTRA_CA_CERTS },
}
const CASES = VARIABLES.map(({ name, secret }) => ({ name, secret, good: GOOD[name] }))
const withGood = (name: string) => ({ ...GOOD[name]?.with })
/** Where both halves of a pair are needed, one alone is named too. */
const alone = (name: string) => name.startsWith('NC_ADMIN_E') || name === 'NC_ADMIN_PASSWORD' ? {} : withGood(name)

describe('every variable', () => {
  it('F87: has a row of its own in this test', () => {
    expect(Object.keys(GOOD).sort()).toEqual(VARIABLES.map(({ name }) => name).sort())
  })

  it.each(CASES)('F87: $name is read, with space or a line end around it', ({ name, good }) => {
    const env = { ...withGood(name), [name]: good?.value() ?? '' }
    expect(problemsOf(env)).toEqual([])
    const shown = good?.shows(readConfig(env))
    expect(shown).not.toEqual(good?.shows(readConfig(withGood(name).HTTPS_PROXY ? withGood(name) : {})))
    if (name === 'NC_ADMIN_PASSWORD' || name === 'NODE_EXTRA_CA_CERTS') return
    for (const around of [` ${env[name]} `, `${env[name]}\n`, `${env[name]}\r\n`, `\uFEFF${env[name]}`]) {
      expect(good?.shows(readConfig({ ...env, [name]: around })), JSON.stringify(around)).toEqual(shown)
    }
  })

  it.each(CASES)('F87: $name empty or blank is as unset', ({ name }) => {
    const unset = comparable(alone(name))
    for (const nothing of ['', ' ', '\t', '\n', '\r\n']) expect(comparable({ ...alone(name), [name]: nothing }), JSON.stringify(nothing)).toEqual(unset)
  })

  it.each(CASES)('F87: the name of $name is noticed when misspelt, if it is ours alone', ({ name }) => {
    if (!name.startsWith('NC_')) return
    const slips = [name.slice(0, -1), `${name}X`, name.replace(/(.)(.)$/, '$2$1'), name.toLowerCase(), name.replace('_', '__')]
    for (const slip of slips) {
      if (slip === name) continue
      expect(readConfig({ [slip]: 'x' }).warnings, slip).toEqual([`${slip} is not read; was ${name} meant?`])
    }
  })
})

describe('a secret from a file', () => {
  const SECRETS = CASES.filter(({ secret }) => secret)

  it.each(SECRETS)('F87: $name is read from it, whatever ends its line, with and without a byte order mark', ({ name, good }) => {
    const value = good?.value() ?? ''
    const shown = good?.shows(readConfig({ ...withGood(name), [name]: value }))
    for (const content of [value, `${value}\n`, `${value}\r\n`, `\uFEFF${value}\n`]) {
      expect(good?.shows(readConfig({ ...withGood(name), [`${name}_FILE`]: file(content) })), JSON.stringify(content)).toEqual(shown)
    }
  })

  it.each(SECRETS)('F87: $name_FILE empty or blank is as unset', ({ name }) => {
    const unset = comparable(alone(name))
    for (const nothing of ['', ' ', '\n']) expect(comparable({ ...alone(name), [`${name}_FILE`]: nothing })).toEqual(unset)
  })

  const UNUSABLE: [string, () => string, string][] = [
    ['that is not there', () => '/nowhere/at/all', 'expected the path of a file that can be read'],
    ['that is a folder', () => join(folder, 'a-folder'), 'expected the path of a file that can be read'],
    ['that is empty', () => file(''), 'the file is empty'],
    ['that is blank', () => file(' \r\n'), 'the file is empty'],
    ['in UTF-16 with its mark', () => file(Buffer.from(`\uFEFF${LONG}`, 'utf16le')), 'the file is not plain UTF-8 text (perhaps UTF-16); save it as UTF-8'],
    ['in UTF-16 without', () => file(Buffer.from(LONG, 'utf16le')), 'the file is not plain UTF-8 text (perhaps UTF-16); save it as UTF-8'],
    ['that is far too large', () => file(Buffer.alloc(1_100_000, 'x')), 'the file is far too large to hold a secret'],
  ]
  it.each(SECRETS.flatMap(({ name }) => UNUSABLE.map(([what, path, sentence]) => ({ name, what, path, sentence }))))(
    'F87: $name_FILE $what is named', ({ name, path, sentence }) => {
      expect(problemsOf({ ...withGood(name), [`${name}_FILE`]: path() })).toEqual([`${name}_FILE: ${sentence}`])
    })

  it.each(SECRETS)('F87: $name beside its file is one too many', ({ name, good }) => {
    const problems = problemsOf({ ...withGood(name), [name]: good?.value() ?? '', [`${name}_FILE`]: file(LONG) })
    expect(problems[0]).toBe(`${name}: set either ${name} or ${name}_FILE, not both`)
  })

  it('F87: of a variable that is no secret is not read, and that is said', () => {
    expect(readConfig({ NC_PUBLIC_URL_FILE: '/x' }).warnings).toEqual(['NC_PUBLIC_URL_FILE is not read: NC_PUBLIC_URL is no secret and cannot come from a file'])
  })
})

describe('a password', () => {
  const passwordOf = (env: Env) => readConfig({ NC_ADMIN_EMAIL: EMAIL, ...env }).admin?.password
  it.each([' with space ', '"in quotes"', 'ünï©ode 12', '\u00a0no-break\u00a0'])('F87: %j is taken as it stands, from the variable and from a file but for one line end', (password) => {
    expect(passwordOf({ NC_ADMIN_PASSWORD: password })).toBe(password)
    for (const end of ['', '\n', '\r\n']) expect(passwordOf({ NC_ADMIN_PASSWORD_FILE: file(password + end) })).toBe(password)
  })

  it.each(['long enough\n', 'long\tenough', '\uFEFFlong enough', 'long enough\r\n'])('F87: %j could not be typed and is named', (password) => {
    expect(problemsOf({ NC_ADMIN_EMAIL: EMAIL, NC_ADMIN_PASSWORD: password })).toEqual([expect.stringMatching(/^NC_ADMIN_PASSWORD: holds a line break/)])
  })

  it('F87: of blanks is none', () => {
    expect(problemsOf({ NC_ADMIN_EMAIL: EMAIL, NC_ADMIN_PASSWORD: ' '.repeat(12) })).toEqual(['NC_ADMIN_PASSWORD: is needed together with NC_ADMIN_EMAIL'])
  })
})

const CANARY = 'canary7f3a'
/** Parts that would not be used, and values that are none: the variable that is named, and the environment. */
const REFUSED: [string, Env][] = [
  ...['http', '70000', '-1', '80.5', '80,81', 'http://x:80'].map(PORT => ['PORT', { PORT }] as [string, Env]),
  ...['http://0.0.0.0', '0.0.0.0:80', '[::]', 'a b', 'x/y', '-x'].map(HOST => ['HOST', { HOST }] as [string, Env]),
  ...[
    'mysql://db/x', 'file:', 'file:/x?y', 'file:/x#y', 'file:/x/', 'license.db', 'postgres://', `postgres://u:${CANARY}@:bad:port/x`,
    `postgres://u:${CANARY}@a,b/x`, `postgres://u:${CANARY}@a:1,b:2/x`, `postgres://u:${CANARY}@h/x?sslmode=bogus`,
    `postgres://u:${CANARY}@h/x?sslmode=require&sslmode=disable`, `postgres://u:${CANARY}@h/x?target_session_attrs=read-write`,
    `postgres://u:${CANARY}@h/x#y`, 'postgres:///x', `postgres://u:12?${CANARY}=x@h/db`, `postgres://u:%zz${CANARY}@h/x`,
    'postgres://h/x?host=/var/run', 'postgres://h/x?sslrootcert=/nowhere', 'postgres://h/x?sslcert=/etc/hostname', 'postgres://h/x?ssl=false',
    'postgres://h:0/x', 'postgres://h/x?statement_timeout=soon', 'postgres://h/x?uselibpqcompat=true&sslmode=verify-ca', 'postgres://h:70000/x',
    '"postgres://h/x"',
  ].map(url => ['DATABASE_URL', { DATABASE_URL: url }] as [string, Env]),
  ...[
    'license.example.com', 'ftp://x', 'https://', 'https://x?y', 'https://x/?', 'https://x#', `https://u:${CANARY}@x`, 'https://x/a b', 'https://x/../y',
    'https://x/./y', 'https://x/%2e%2e/y', 'https://x//y', 'https://x/ü', 'https://a,https://b', 'https://a https://b', 'https://a,b', '"https://x"',
    'https:\\\\x', 'https://x\\y', 'https://x:99999', 'https:x',
  ].flatMap(url => ['NC_PUBLIC_URL', 'NC_LICENSE_SERVER_URL'].map(name => [name, { [name]: url }] as [string, Env])),
  ['NC_LICENSE_SERVER_URL', { NC_LICENSE_SERVER_URL: 'http://license.example.com' }],
  ['NC_LICENSE_SERVER_URL', { NC_LICENSE_SERVER_URL: 'http://127.0.0.1.example.com' }],
  ...[
    '1', 'true', '*', 'loopback', 'everybody', '10.0.0.0/99', '10.0.0.0/', '10.0', '0x7f.1', '010.0.0.1', '10.1.2.3/8', '2001:db8::1/32', '::ffff:10.0.0.1',
    'fe80::1%eth0', '10.0.0.0/8/9', '10.0.0.0/8 10.1.0.1', '10.0.0.1:80', '10.0.0.0-10.0.0.9',
  ].map(ranges => ['NC_TRUST_PROXY', { NC_TRUST_PROXY: ranges }] as [string, Env]),
  ...['nobody', 'a@b@c', 'a@example.com, b@example.com'].map(email => ['NC_ADMIN_EMAIL', { NC_ADMIN_EMAIL: email, NC_ADMIN_PASSWORD: `${CANARY}long` }] as [string, Env]),
  ['NC_ADMIN_EMAIL', { NC_ADMIN_PASSWORD: `${CANARY}long` }], ['NC_ADMIN_PASSWORD', { NC_ADMIN_EMAIL: EMAIL }],
  ['NC_ADMIN_PASSWORD', { NC_ADMIN_EMAIL: EMAIL, NC_ADMIN_PASSWORD: CANARY.slice(0, 9) }],
  ['NC_SESSION_SECRET', { NC_SESSION_SECRET: CANARY }],
  ...['NC_SERVICE_TOKEN', 'NC_ADMIN_TOKEN'].flatMap(name => [CANARY, `${LONG},${CANARY}`, `${LONG} ${LONG}`].map(value => [name, { [name]: value }] as [string, Env])),
  ['NC_ADMIN_TOKEN', { NC_ADMIN_TOKEN: LONG, NC_SERVICE_TOKEN: `${LONG}x,${LONG}` }],
  ...['forever', '0', '1.5', '-3', '100000'].map(days => ['NC_EVENTS_KEEP_DAYS', { NC_EVENTS_KEEP_DAYS: days }] as [string, Env]),
  ['NC_LOG_FORMAT', { NC_LOG_FORMAT: 'xml' }], ['NC_LOG_LEVEL', { NC_LOG_LEVEL: 'verbose' }],
  ...['HTTPS_PROXY', 'HTTP_PROXY'].flatMap(name => ['socks5://p:1', `http://u:${CANARY}%@p:1`, 'http://p:1/path', 'http://p:1?x', 'http://a:1,http://b:2', 'http://'].map(
    value => [name, { [name]: value }] as [string, Env])),
  ['HTTPS_PROXY', { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' }],
  ...['10.0.0.0/33', 'http://internal', '10.0.0.*', 'a b/c', '10.0.0.0/8/8'].map(value => ['NO_PROXY', { NO_PROXY: value }] as [string, Env]),
  ['NODE_EXTRA_CA_CERTS', { NODE_EXTRA_CA_CERTS: '/nope' }],
]

describe('what cannot be used', () => {
  it.each(REFUSED)('F87: of %s ends the start and is named, its value is not shown: %j', (name, env) => {
    const problems = problemsOf(env)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${name}: \\w`))
    expect(problems[0]).not.toContain(CANARY.slice(0, 6))
    expect(problems[0]).not.toContain('\n')
  })

  it.each([['a folder', () => folder], ['no certificate', () => file('hello')], ['a broken one', () => file(PEM.replace(/\n.{20}/, '\n'))],
    ['a certificate and a key', () => file(`${PEM}\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`)]])('F87: NODE_EXTRA_CA_CERTS with %s ends the start', (_what, path) => {
    expect(problemsOf({ NODE_EXTRA_CA_CERTS: path() })).toEqual([expect.stringMatching(/^NODE_EXTRA_CA_CERTS: /)])
  })

  it('F87: is told all at once, a line each', () => {
    const env = { PORT: 'x', HOST: 'http://x', NC_PUBLIC_URL: 'x', NC_TRUST_PROXY: '1', NC_LOG_LEVEL: 'x', NC_SESSION_SECRET_FILE: '/nope' }
    expect(problemsOf(env).map(problem => problem.split(':')[0]).sort()).toEqual(Object.keys(env).sort())
  })
})

describe('what can be used', () => {
  it.each<[string, Env, (config: Config) => unknown, unknown]>([
    ['a base path', { NC_PUBLIC_URL: 'https://x.example/license' }, ({ basePath }) => basePath, '/license/'],
    ['a base path that ends in slashes', { NC_PUBLIC_URL: 'https://x.example/a/b-c_d.e~f//' }, ({ basePath }) => basePath, '/a/b-c_d.e~f/'],
    ['no path', { NC_PUBLIC_URL: 'https://x.example:8443/' }, ({ publicUrl }) => publicUrl?.origin, 'https://x.example:8443'],
    ['an IPv6 host', { NC_PUBLIC_URL: 'http://[::1]:3000' }, ({ publicUrl }) => publicUrl?.origin, 'http://[::1]:3000'],
    ['an international name', { NC_PUBLIC_URL: 'https://bücher.example' }, ({ publicUrl }) => publicUrl?.origin, 'https://xn--bcher-kva.example'],
    ['a port with space', { PORT: ' 03000 ' }, ({ listen }) => listen.port, 3000],
    ['an IPv6 address to listen on', { HOST: '::' }, ({ listen }) => listen.host, '::'],
    ['a unix socket', { DATABASE_URL: 'postgres:///license?host=/var/run/postgresql&user=x' }, ({ databaseUrl }) => databaseUrl.length > 0, true],
    ['full verification', { DATABASE_URL: 'postgres://u:p%40ss@h:5432/x?sslmode=verify-full&sslrootcert=/etc/hostname' }, ({ databaseUrl }) => databaseUrl.length > 0, true],
    ['every address', { NC_TRUST_PROXY: '0.0.0.0/0' }, ({ warnings }) => warnings.length, 1],
    ['other proxy variables', { ALL_PROXY: 'socks5://nowhere', all_proxy: 'nonsense' }, ({ proxyFor }) => proxyFor('https://app.nocodb.com'), ''],
    ['a lower-case name', { https_proxy: 'http://p:1' }, ({ proxyFor }) => proxyFor('https://app.nocodb.com'), 'http://p:1'],
    ['a proxy without scheme', { HTTPS_PROXY: 'p:3128' }, ({ proxyFor }) => proxyFor('https://app.nocodb.com'), 'http://p:3128'],
    ['a proxy with a user', { HTTPS_PROXY: 'http://u:p%40@p:1/' }, ({ proxyFor }) => proxyFor('https://app.nocodb.com'), 'http://u:p%40@p:1'],
  ])('F87: %s', (_what, env, look, expected) => {
    expect(look(readConfig(env))).toEqual(expected)
  })

  it('F87: NocoDB\'s own variables are no slips of ours', () => {
    const host = [
      'NC_DB', 'NC_DB_JSON', 'NC_DB_JSON_FILE', 'NC_AUTH_JWT_SECRET', 'NC_JWT_EXPIRES_IN', 'NC_REDIS_URL', 'NC_CACHE_REDIS_URL', 'NC_JOBS_REDIS_URL',
      'NC_DISABLE_TELE', 'NC_TOOL_DIR', 'NC_SITE_URL', 'NC_BACKEND_URL', 'NC_DASHBOARD_URL', 'NC_ADMIN_EMAIL', 'NC_ADMIN_PASSWORD', 'NC_PUBLIC_URL',
      'NC_LICENSE_KEY', 'NC_SMTP_HOST', 'NC_SMTP_PORT', 'NC_SMTP_FROM', 'NC_SMTP_USERNAME', 'NC_SMTP_PASSWORD', 'NC_S3_ENDPOINT', 'NC_S3_REGION',
      'NC_S3_BUCKET_NAME', 'NC_S3_ACCESS_KEY', 'NC_S3_ACCESS_SECRET', 'NC_SENTRY_DSN', 'NC_ONE_CLICK', 'NC_MIN', 'NC_INVITE_ONLY_SIGNUP',
      'NC_SECURE_ATTACHMENTS', 'NC_ATTACHMENT_FIELD_SIZE', 'NC_DISABLE_MUX', 'NC_ALLOW_LOCAL_HOOKS', 'NC_ALLOW_LOCAL_EXTERNAL_DBS', 'NC_WORKER_CONTAINER',
      'NC_CONNECTION_ENCRYPT_KEY', 'NC_GOOGLE_CLIENT_ID', 'NC_GOOGLE_CLIENT_SECRET', 'NC_DISABLE_EMAIL_AUTH', 'NC_MIGRATIONS_DISABLED',
    ]
    expect(misspeltVariables(Object.fromEntries(host.map(name => [name, 'x'])))).toEqual([])
    expect(misspeltVariables({ NC_LICENCE_KEY: 'nc_x', NC_LICENCE_SERVER_URL: ' ', NC_LICENSE_JWKS_FILE: 'x' })).toEqual(['NC_LICENCE_KEY is not read; was NC_LICENSE_KEY meant?'])
  })

  it('F87: README\'s table has every variable, and marks those that can come from a file', () => {
    const rows = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').split('\n').filter(line => /^\| `[A-Z]/.test(line))
    const listed = rows.flatMap((row) => {
      const cell = row.split('|')[1] ?? ''
      return [...cell.matchAll(/`([A-Z][A-Z_]+)`( \*)?/g)].map(([, name, star]) => `${name}${star ? ' *' : ''}`)
    })
    expect(listed.sort()).toEqual(VARIABLES.map(({ name, secret }) => `${name}${secret ? ' *' : ''}`).sort())
  })
})

describe('the distance of two names', () => {
  it.each([['abc', 'abc', 0], ['abc', 'ab', 1], ['abc', 'acb', 1], ['abc', 'xbc', 1], ['abc', 'xyz', 3], ['', 'ab', 2], ['LICENCE', 'LICENSE', 1]])('of %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })
})

describe('F87: a TLS mode of the database that means more than it says', () => {
  const address = 'postgres://u:p@db.example/license'
  it.each(['prefer', 'require', 'verify-ca'])('sslmode=%s is told, once and in one line', (mode) => {
    const warnings = readConfig({ DATABASE_URL: `${address}?sslmode=${mode}` }).warnings
    expect(warnings).toEqual([expect.stringMatching(/^DATABASE_URL: sslmode=.* verify-full.*$/)])
  })
  it.each([
    '', '?sslmode=verify-full', '?sslmode=disable', '?sslmode=no-verify', '?sslmode=require&uselibpqcompat=true',
  ])('%j has nothing to tell', (parameters) => {
    expect(readConfig({ DATABASE_URL: address + parameters }).warnings).toEqual([])
  })
})

describe('F87: quotation marks around a value', () => {
  it.each([
    ['PORT', '"3000"'], ['HOST', '\'0.0.0.0\''], ['DATABASE_URL', '"postgres://u:p@db.example/license"'], ['DATABASE_URL', '\'file:a.db\''],
    ['NC_TRUST_PROXY', '"10.0.0.0/8"'], ['NC_TRUST_PROXY', '"10.0.0.0/8, 192.168.1.4"'], ['NC_PUBLIC_URL', '"https://nocodb.example.com"'],
    ['NC_LICENSE_SERVER_URL', '"https://app.nocodb.com"'], ['NC_LOG_LEVEL', '"warn"'], ['NC_LOG_FORMAT', '"json"'], ['https_proxy', '"http://proxy:1"'],
    ['NC_EVENTS_KEEP_DAYS', '"30"'], ['NC_SERVICE_TOKEN_FILE', '"/run/secrets/token"'],
  ])('of %s (%s) are named in every line about it', (name, value) => {
    const problems = problemsOf({ [name]: value })
    expect(problems.length).toBeGreaterThan(0)
    for (const problem of problems) expect(problem).toMatch(/quotation marks/)
  })

  it('are not spoken of where there are none', () => {
    for (const value of ['3000"', '"3000', 'x']) expect(problemsOf({ PORT: value })).toEqual([expect.not.stringContaining('quotation')])
  })

  it.each([
    ['NC_LICENSE_KEY', '"nc_demo_standard"'], ['NC_ADMIN_PASSWORD', '\'long enough\''], ['NC_SERVICE_TOKEN', `"${LONG}"`], ['NC_SESSION_SECRET', `"${LONG}"`],
  ])('of %s are taken literally, with a warning that does not repeat it', (name, value) => {
    const { warnings } = readConfig({ [name]: value, ...(name === 'NC_ADMIN_PASSWORD' ? { NC_ADMIN_EMAIL: EMAIL } : {}) })
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${name}: .*quotation marks`))])
    expect(warnings.join()).not.toContain(value.slice(1, -1))
  })
})

it('F87: check shows warnings beside what cannot be used: they may be its cause', () => {
  const { ok, lines } = checkConfiguration({ NC_ADMIN_EMAIL: EMAIL, NC_ADMIN_PASWORD: 'long enough' })
  expect(ok).toBe(false)
  expect(lines).toEqual([
    'NC_ADMIN_PASSWORD: is needed together with NC_ADMIN_EMAIL', 'Warning: NC_ADMIN_PASWORD is not read; was NC_ADMIN_PASSWORD meant?',
    'The server would not start.',
  ])
})
