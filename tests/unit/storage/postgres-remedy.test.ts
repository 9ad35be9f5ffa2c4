import { describe, expect, it } from 'vitest'
import { postgresRemedy } from '../../../server/storage/postgres-remedy.ts'

const URL_OF_DATABASE = 'postgres://panel:hunter2@db.example:6432/nocodb?schema=licensing'
const at = (code: string, message: string, more: object = {}) =>
  postgresRemedy(Object.assign(new Error(message), { code, ...(code.length === 5 ? { severity: 'FATAL' } : {}), ...more }), URL_OF_DATABASE)

describe('F90: what to do about an error of PostgreSQL', () => {
  it.each<[string, string, RegExp, object?]>([
    ['28P01', 'password authentication failed for user "panel"', /^PostgreSQL knows no role "panel" with this password: correct user and password/],
    ['08P01', 'SASL authentication failed', /^PostgreSQL knows no role "panel"/],
    ['28000', 'role "panel" does not exist', /CREATE ROLE/],
    ['28000', 'role "panel" is not permitted to log in', /ALTER ROLE "panel" LOGIN\.$/],
    ['28000', 'no pg_hba.conf entry for host "1.2.3.4", user "panel", database "nocodb", no encryption', /sslmode=verify-full.* pg_hba\.conf\.$/],
    ['28000', 'no pg_hba.conf entry for host "1.2.3.4", user "panel", database "nocodb", SSL encryption', /^PostgreSQL does not let role "panel" into database "nocodb" from here/],
    ['28000', 'connection requires a valid client certificate', /sslcert= and sslkey=/],
    ['3D000', 'database "nocodb" does not exist', /^PostgreSQL at db\.example:6432 has no database "nocodb": create it/],
    ['08P01', 'no such database: nocodb', /create it \(CREATE DATABASE "nocodb" OWNER "panel"\)/],
    ['3F000', 'no schema has been selected to create in', /GRANT USAGE, CREATE ON SCHEMA "licensing" TO "panel"/],
    ['42501', 'permission denied for schema licensing', /index\.mjs migrate" once/],
    ['42501', 'must be owner of table installation', /index\.mjs migrate" once/],
    ['42501', 'permission denied for table license', /GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "licensing" TO "panel"\.$/],
    ['42501', 'permission denied for database nocodb', /CREATE SCHEMA "licensing" AUTHORIZATION "panel"\.$/],
    ['42501', 'permission denied for database "nocodb"', /GRANT CONNECT ON DATABASE "nocodb" TO "panel"\.$/, { detail: 'User does not have CONNECT privilege.' }],
    ['25006', 'cannot execute UPDATE in a read-only transaction', /standby.* name the primary/],
    ['53300', 'sorry, too many clients already', /up to 11: raise max_connections/],
    ['08P01', 'no more connections allowed (max_client_conn)', /or the pooler/],
    ['57P03', 'the database system is starting up', /goes on by itself\.$/],
    ['ECONNREFUSED', '', /^Nothing listens at db\.example:6432/],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND db.example', /^The name db\.example cannot be resolved/],
    ['ETIMEDOUT', 'connect ETIMEDOUT', /^Nothing answers at db\.example:6432: open the way/],
    ['none', 'Connection terminated due to connection timeout', /^Nothing answers at db\.example:6432: open the way/],
    ['none', 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', /asks role "panel" for a password/],
    ['none', 'The server does not support SSL connections', /offers no TLS/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', /sslrootcert= .* NODE_EXTRA_CA_CERTS\.$/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', /sslrootcert=/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'Hostname/IP does not match', /^The certificate is not for db\.example/],
    ['CERT_HAS_EXPIRED', 'certificate has expired', /renew it/],
    ['08P01', 'unsupported startup parameter: options', /restart this server/],
  ])('%s %s', (code, message, expected, more) => {
    const remedy = at(code, message, more)
    expect(remedy).toMatch(expected)
    expect(remedy).toMatch(/^[A-Z]\S* .*[^.]\.$/)
    expect(remedy).not.toMatch(/\. [A-Z]|hunter2|\n/)
  })

  it('is nothing where nothing is known, and for what is no PostgreSQL', () => {
    expect(at('42703', 'column "x" does not exist')).toBeUndefined()
    expect(postgresRemedy('text', URL_OF_DATABASE)).toBeUndefined()
    expect(postgresRemedy(Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'file:/data/license.db')).toBeUndefined()
  })

  it('names a socket, and the parts that parameters give', () => {
    const error = Object.assign(new Error('connect ENOENT'), { code: 'ENOENT' })
    expect(postgresRemedy(error, 'postgres:///x?host=/run/postgresql&user=me')).toMatch(/^There is no socket of PostgreSQL at \/run\/postgresql:/)
    const full = Object.assign(new Error('full'), { code: '53300', severity: 'FATAL' })
    expect(postgresRemedy(full, 'postgres:///?host=h&user=me&port=7')).toMatch(/^PostgreSQL at h:7 has no connection left for role "me"/)
  })
})
