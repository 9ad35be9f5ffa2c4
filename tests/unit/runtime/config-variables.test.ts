import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { editDistance, misspeltVariables, VARIABLES } from '../../../server/runtime/config-variables.ts'

describe('the names of variables', () => {
  it('F87: NocoDB\'s own variables are not taken for misspelt ones of ours', () => {
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

describe('the distance between two names', () => {
  it.each([['abc', 'abc', 0], ['abc', 'ab', 1], ['abc', 'acb', 1], ['abc', 'xbc', 1], ['abc', 'xyz', 3], ['', 'ab', 2], ['LICENCE', 'LICENSE', 1]])('of %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })
})
