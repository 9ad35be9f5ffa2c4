import { describe, expect, it } from 'vitest'
import { checkConfiguration } from '../../../server/runtime/config-report.ts'
import { readConfig } from '../../../server/runtime/config.ts'
import type { Env } from './configuring.ts'
import { EMAIL, LONG, makeFolder, PEM, problemsOf, writeTextFile } from './configuring.ts'

const CANARY = 'canary7f3a'
/** Parts that would not be used, and values that are none: the variable that is named, and the environment. */
const REFUSED: [string, Env][] = [
  ...['http', '70000', '-1', '80.5', '80,81', 'http://x:80'].map(PORT => ['PORT', { PORT }] as [string, Env]),
  ...['http://0.0.0.0', '0.0.0.0:80', '[::]', 'a b', 'x/y', '-x'].map(HOST => ['HOST', { HOST }] as [string, Env]),
  ...[
    'mysql://db/x', 'file:', 'file:/x?y', 'file:/x#y', 'file:/x/', 'license.db', 'postgres://', `postgres://u:${CANARY}@:bad:port/x`,
    `postgres://u:${CANARY}@a,b/x`, `postgres://u:${CANARY}@a:1,b:2/x`, `postgres://u:${CANARY}@h/x?sslmode=bogus`,
    `postgres://u:${CANARY}@h/x?sslmode=require&sslmode=disable`, `postgres://u:${CANARY}@h/x?target_session_attrs=read-write`,
    `postgres://u:${CANARY}@h/x#y`, 'postgres:///x', `postgres://u:12?${CANARY}=x@h/db`,
    ...['%zz', '%', '%FC'].flatMap(broken => [
      `postgres://u:${broken}${CANARY}@h/x`, `postgres://${broken}${CANARY}@h/x`, `postgres://u:p@h/${broken}${CANARY}`,
    ]),
    'postgres://h/x?host=/var/run', 'postgres://h/x?sslrootcert=/nowhere', 'postgres://h/x?sslcert=/etc/hostname',
    'postgres://h/x?sslkey=/etc/hostname',
    'postgres://h/x?ssl=false',
    'postgres://h:0/x', 'postgres://h/x?statement_timeout=soon', 'postgres://h/x?uselibpqcompat=true&sslmode=verify-ca', 'postgres://h:70000/x',
    '"postgres://h/x"', 'postgres://h/x?schema=', 'postgres://h/x?schema=pg_own', `postgres://h/x?schema=${'a'.repeat(64)}`, 'postgres://h/x?schema=a,b',
    'postgres://h/x?schema=a%20b', 'postgres://h/x?schema=a&options=-csearch_path%3Db', 'postgres://h/x?options=-d%205', 'postgres://h/x?options=-c%20x',
    'postgres:///x?host=a,b', 'postgres:///x?host=a&port=1,2',
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
  ...['HTTPS_PROXY', 'HTTP_PROXY'].flatMap(name => ['socks5://p:1', `http://u:${CANARY}%@p:1`, `http://%FC:${CANARY}@p:1`, 'http://p:1/path', 'http://p:1?x', 'http://a:1,http://b:2', 'http://'].map(
    value => [name, { [name]: value }] as [string, Env])),
  ['HTTPS_PROXY', { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' }],
  ...['10.0.0.0/33', 'http://internal', '10.0.0.*', 'a b/c', '10.0.0.0/8/8'].map(value => ['NO_PROXY', { NO_PROXY: value }] as [string, Env]),
  ['NODE_EXTRA_CA_CERTS', { NODE_EXTRA_CA_CERTS: '/nope' }],
]

describe('F90: several hosts', () => {
  it.each([
    'postgres://u:p@h1:5432,h2:5433/db?target_session_attrs=read-write', 'postgres://h1,h2/db', 'postgres:///db?host=h1,h2', 'postgres:///db?host=h&port=1,2',
    'postgres://h/db?target_session_attrs=read-write',
  ])('%s is answered by what to name instead', (url) => {
    expect(problemsOf({ DATABASE_URL: url })).toEqual([expect.stringMatching(/^DATABASE_URL: .*not supported; name .* primary, .*writer endpoint/)])
  })
})

const BROKEN = PEM.replace(/\n.{20}/, '\n')

describe('what cannot be used', () => {
  it.each(REFUSED)('F87: of %s ends the start and is named, its value is not shown: %j', (name, env) => {
    const problems = problemsOf(env)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${name}: \\w`))
    expect(problems[0]).not.toContain(CANARY.slice(0, 6))
    expect(problems[0]).not.toContain('\n')
  })

  it.each([['a folder', makeFolder], ['no certificate', () => writeTextFile('hello')], ['a broken one', () => writeTextFile(BROKEN)],
    ['a broken one after a good one', () => writeTextFile(`${PEM}\n${BROKEN}`)],
    ['a broken one before a good one', () => writeTextFile(`${BROKEN}\n${PEM}`)],
    ['a certificate and a key', () => writeTextFile(`${PEM}\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`)]])('F87: NODE_EXTRA_CA_CERTS with %s ends the start', (_what, path) => {
    expect(problemsOf({ NODE_EXTRA_CA_CERTS: path() })).toEqual([expect.stringMatching(/^NODE_EXTRA_CA_CERTS: /)])
  })

  it('F87: is reported all at once, a line each', () => {
    const env = { PORT: 'x', HOST: 'http://x', NC_PUBLIC_URL: 'x', NC_TRUST_PROXY: '1', NC_LOG_LEVEL: 'x', NC_SESSION_SECRET_FILE: '/nope' }
    expect(problemsOf(env).map(problem => problem.split(':')[0]).sort()).toEqual(Object.keys(env).sort())
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

  it('are not mentioned where there are none', () => {
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
