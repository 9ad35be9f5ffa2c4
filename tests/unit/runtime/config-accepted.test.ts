import { describe, expect, it } from 'vitest'
import type { Config } from '../../../server/runtime/config.ts'
import { readConfig } from '../../../server/runtime/config.ts'
import type { Env } from './configuring.ts'
import { EMAIL, problemsOf, writeTextFile } from './configuring.ts'

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
    ['a schema', { DATABASE_URL: 'postgres://h/x?schema=My_licenses-2$' }, ({ databaseUrl }) => databaseUrl.length > 0, true],
    ['settings of sessions', { DATABASE_URL: 'postgres://h/x?options=-csearch_path%3Da,b%20--work-mem=8MB%20-c%20x.y=a%5C%20b' }, ({ databaseUrl }) => databaseUrl.length > 0, true],
    ['other proxy variables', { ALL_PROXY: 'socks5://nowhere', all_proxy: 'nonsense' }, ({ proxyFor }) => proxyFor('https://app.nocodb.com'), ''],
    ['a lower-case name', { https_proxy: 'http://p:1' }, ({ proxyFor }) => proxyFor('https://app.nocodb.com'), 'http://p:1'],
    ['a proxy without scheme', { HTTPS_PROXY: 'p:3128' }, ({ proxyFor }) => proxyFor('https://app.nocodb.com'), 'http://p:3128'],
    ['a proxy with a user', { HTTPS_PROXY: 'http://u:p%40@p:1/' }, ({ proxyFor }) => proxyFor('https://app.nocodb.com'), 'http://u:p%40@p:1'],
  ])('F87: %s', (_what, env, look, expected) => {
    expect(look(readConfig(env))).toEqual(expected)
  })
})

describe('the address on this machine, for the set-up link', () => {
  it.each([
    undefined, '0.0.0.0', '0', '::', '0:0:0:0:0:0:0:0', 'localhost', 'LocalHost', '127.0.0.1', '::1', 'fe80::1%eth0',
  ])('is localhost where that is listened on, and where no other can be written: HOST %s', (HOST) => {
    expect(readConfig({ ...(HOST === undefined ? {} : { HOST }), PORT: '8080' }).localUrl).toBe('http://localhost:8080')
  })

  it.each([
    ['10.1.2.3', '10.1.2.3'], ['127.0.0.2', '127.0.0.2'], ['2001:DB8::1', '[2001:db8::1]'], ['panel.internal', 'panel.internal'],
  ])('names the one that is listened on: HOST %s', (HOST, host) => {
    expect(readConfig({ HOST, PORT: '8080' }).localUrl).toBe(`http://${host}:8080`)
  })
})

describe('a password', () => {
  const passwordOf = (env: Env) => readConfig({ NC_ADMIN_EMAIL: EMAIL, ...env }).admin?.password
  it.each([' with space ', '"in quotes"', 'ünï©ode 12', '\u00a0no-break\u00a0'])('F87: %j is taken as it stands, from the variable and from a file but for one line end', (password) => {
    expect(passwordOf({ NC_ADMIN_PASSWORD: password })).toBe(password)
    for (const end of ['', '\n', '\r\n']) expect(passwordOf({ NC_ADMIN_PASSWORD_FILE: writeTextFile(password + end) })).toBe(password)
  })

  it.each(['long enough\n', 'long\tenough', '\uFEFFlong enough', 'long enough\r\n'])('F87: %j could not be typed and is named', (password) => {
    expect(problemsOf({ NC_ADMIN_EMAIL: EMAIL, NC_ADMIN_PASSWORD: password })).toEqual([expect.stringMatching(/^NC_ADMIN_PASSWORD: contains a line break/)])
  })

  it('F87: consisting of blanks counts as unset', () => {
    expect(problemsOf({ NC_ADMIN_EMAIL: EMAIL, NC_ADMIN_PASSWORD: ' '.repeat(12) })).toEqual(['NC_ADMIN_PASSWORD: is needed together with NC_ADMIN_EMAIL'])
  })
})
describe('F87: a proxy that is trusted', () => {
  const TOO_MANY = ['0.0.0.0/0', '::/0', '10.0.0.0/8, ::/0', '0.0.0.0/0, ::1']
  it.each(TOO_MANY)('at any address of a family (%s) is warned about, once', (ranges) => {
    expect(readConfig({ NC_TRUST_PROXY: ranges }).warnings).toEqual([expect.stringMatching(/^NC_TRUST_PROXY trusts every address: /)])
  })
  it.each(['10.0.0.0/8', '::1', '2001:db8::/120', '0.0.0.0/1', '::/1'])('at %s has nothing to tell', (ranges) => {
    expect(readConfig({ NC_TRUST_PROXY: ranges }).warnings).toEqual([])
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
