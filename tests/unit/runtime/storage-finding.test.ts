import { describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { openApp, setBase } from '../../../server/runtime/app.ts'
import { placeOf, seenOfStorageError, storageTrouble } from '../../../server/runtime/storage-finding.ts'
import type { Storage } from '../../../server/storage/open.ts'
import { STORAGE_CAUSES } from '../../../server/storage/storage-cause.ts'
import { FINDING_CAUSES } from '../../../shared/findings.ts'
import type { Audience } from '../../../shared/redaction.ts'
import { createBase, openRunningApp } from '../../support/running-app.ts'
import { START } from '../../support/simulated-clock.ts'

const healthOf = (changes: Partial<Storage['health']>): Storage['health'] => ({
  up: false, cause: 'disk_full', code: 'SQLITE_13', since: START, lastWriteAt: null, requireWritable: async () => undefined, ...changes,
})

describe('the place of a database', () => {
  it.each([
    ['/data/license.db', '/data/license.db'], ['file:/data/license.db', '/data/license.db'], ['file:license.db', 'license.db'],
    ['postgres://nocodb:secret@db.example:5432/licenses?sslmode=require', 'db.example:5432/licenses'], ['postgresql://nocodb@db.example/licenses', 'db.example/licenses'],
    ['postgres://u:p@[2001:db8::1]:5432/x', '[2001:db8::1]:5432/x'], ['postgres:///licenses', 'PostgreSQL/licenses'],
    ['postgres:///licenses?host=/var/run/postgresql', '/var/run/postgresql/licenses'], ['postgres://nocodb:secret@one:1,two:2/x', 'PostgreSQL'],
  ])('%s is told as %s', (location, place) => {
    expect(placeOf(location)).toBe(place)
  })
})

describe('trouble with the database', () => {
  it('is none while it can be used', () => {
    expect(storageTrouble({ location: '/data/license.db', health: healthOf({ up: true, cause: null, code: null }) })).toBeNull()
  })

  it('is told with its place, the driver\'s code, and since when', () => {
    expect(storageTrouble({ location: 'postgres://u:p@db.example/x', health: healthOf({ cause: 'login_refused', code: '28P01' }) })).toEqual({
      since: START, seen: { code: 'STORAGE_UNAVAILABLE', cause: 'login_refused', stage: 'storage', facts: { location: 'db.example/x', errno: '28P01' } },
    })
  })

  it.each(STORAGE_CAUSES)('has a finding of its own for %s', (cause) => {
    expect(storageTrouble({ location: '/data/license.db', health: healthOf({ cause, code: null }) })?.seen)
      .toEqual({ code: 'STORAGE_UNAVAILABLE', cause, stage: 'storage', facts: { location: '/data/license.db' } })
    expect(FINDING_CAUSES[cause].stage).toBe('storage')
  })
})

describe('what was found when an operation failed for the database', () => {
  const failed = (details?: Record<string, string>, cause?: unknown, audience: Audience = 'admin') =>
    seenOfStorageError(new LicenseError('STORAGE_UNAVAILABLE', { details, cause }), audience)
  const readOnly = Object.assign(new Error('attempt to write a readonly database'), { errcode: 8 })

  it('before the database was reached is what the error says, of a place that is not known', () => {
    expect(failed({ cause: 'connection_limit' })).toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause: 'connection_limit', facts: { location: '?' } })
  })

  it.each([['file:data/license.sqlite', 'SQLite'], ['postgres://u:p@db.example/lic.db', 'PostgreSQL']])(
    'before the database was reached is told with its kind alone to whoever is not signed in: %s', (url, told) => {
      setBase(createBase({ DATABASE_URL: url }).base)
      expect(failed({ cause: 'disk_full' }, undefined, 'nobody').facts).toEqual({ location: told })
    })

  it.each<[string, Record<string, string> | undefined, unknown, string]>([
    ['the error names the cause', { cause: 'locked' }, readOnly, 'locked'],
    ['the driver does', undefined, readOnly, 'read_only'],
    ['the error names none that there is', { cause: 'gremlins' }, readOnly, 'read_only'],
    ['nothing is known', undefined, undefined, 'unreachable'],
  ])('where %s', async (_, details, cause, expected) => {
    const { storage } = await openRunningApp()
    expect(failed(details, cause)).toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause: expected, facts: { location: storage.location } })
  })

  it.each([['sqlite', 'SQLite'], ['postgres', 'PostgreSQL']] as const)('is told with the kind of database alone to whoever is not signed in: %s', async (kind, told) => {
    const { app, storage } = await openRunningApp()
    openApp({ ...app, storage: { ...storage, kind, health: healthOf({}) } })
    expect(failed({ cause: 'disk_full' }, undefined, 'nobody').facts).toEqual({ location: told })
  })

  it('is what is known to be the matter with it, before what the driver says of this one operation', async () => {
    const { app, storage } = await openRunningApp()
    openApp({ ...app, storage: { ...storage, health: healthOf({ cause: 'file_gone', code: 'SQLITE_1032' }) } })
    expect(failed(undefined, readOnly)).toMatchObject({ cause: 'file_gone', facts: { errno: 'SQLITE_1032' } })
    expect(failed({ cause: 'locked' }, readOnly)).toMatchObject({ cause: 'locked' })
  })
})
