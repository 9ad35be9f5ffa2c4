import { describe, expect, it } from 'vitest'
import type { Config } from '../../../server/runtime/config.ts'
import { readConfig } from '../../../server/runtime/config.ts'
import { VARIABLES } from '../../../server/runtime/config-variables.ts'
import type { Env } from './configuring.ts'
import { EMAIL, LONG, makeFolder, PEM, problemsOf, writeTextFile } from './configuring.ts'

/** What a start would go by; without what is new at every start. */
function comparable(env: Env): unknown {
  const { replica: _replica, origins: _origins, proxyFor, ...rest } = readConfig(env)
  return { ...rest, proxies: ['https://app.nocodb.com', 'http://host.example'].map(proxyFor) }
}
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
  NODE_EXTRA_CA_CERTS: { value: () => writeTextFile(PEM), shows: ({ origins }) => origins.NODE_EXTRA_CA_CERTS },
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
      expect(good?.shows(readConfig({ ...withGood(name), [`${name}_FILE`]: writeTextFile(content) })), JSON.stringify(content)).toEqual(shown)
    }
  })

  it.each(SECRETS)('F87: $name_FILE empty or blank is as unset', ({ name }) => {
    const unset = comparable(alone(name))
    for (const nothing of ['', ' ', '\n']) expect(comparable({ ...alone(name), [`${name}_FILE`]: nothing })).toEqual(unset)
  })

  const UNUSABLE: [string, () => string, string][] = [
    ['that is not there', () => '/nowhere/at/all', 'expected the path of a file that can be read'],
    ['that is a folder', makeFolder, 'expected the path of a file that can be read'],
    ['that is empty', () => writeTextFile(''), 'the file is empty'],
    ['that is blank', () => writeTextFile(' \r\n'), 'the file is empty'],
    ['in UTF-16 with its mark', () => writeTextFile(Buffer.from(`\uFEFF${LONG}`, 'utf16le')), 'the file is not plain UTF-8 text (perhaps UTF-16); save it as UTF-8'],
    ['in UTF-16 without', () => writeTextFile(Buffer.from(LONG, 'utf16le')), 'the file is not plain UTF-8 text (perhaps UTF-16); save it as UTF-8'],
    ['that is far too large', () => writeTextFile(Buffer.alloc(1_100_000, 'x')), 'the file is far too large to hold a secret'],
  ]
  it.each(SECRETS.flatMap(({ name }) => UNUSABLE.map(([what, path, sentence]) => ({ name, what, path, sentence }))))(
    'F87: $name_FILE $what is named', ({ name, path, sentence }) => {
      expect(problemsOf({ ...withGood(name), [`${name}_FILE`]: path() })).toEqual([`${name}_FILE: ${sentence}`])
    })

  it.each(SECRETS)('F87: $name beside its file is one too many', ({ name, good }) => {
    const problems = problemsOf({ ...withGood(name), [name]: good?.value() ?? '', [`${name}_FILE`]: writeTextFile(LONG) })
    expect(problems[0]).toBe(`${name}: set either ${name} or ${name}_FILE, not both`)
  })

  it('F87: is not read for a variable that is no secret, and a warning says so', () => {
    expect(readConfig({ NC_PUBLIC_URL_FILE: '/x' }).warnings).toEqual(['NC_PUBLIC_URL_FILE is not read: NC_PUBLIC_URL is not a secret, so it cannot come from a file'])
  })
})
