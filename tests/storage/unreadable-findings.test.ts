import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { openStorage } from '../../server/storage/open.ts'
import { diagnosticsOf, failureOf, HOUR, NOW, saveOf, silenceOf } from './samples.ts'
import { useSqlite } from './sqlite-backend.ts'

/* Findings that somebody has edited, or that a newer version wrote of a cause this one has no words for: none rather than half of one. */

const backend = useSqlite()
const finding = silenceOf(NOW)
const UNREADABLE: [string, string][] = [
  ['no JSON', 'not JSON'], ['no object', '[]'], ['nothing', 'null'], ['half of one', JSON.stringify({ ...finding, facts: undefined })],
  ['of a cause of tomorrow', JSON.stringify({ ...finding, cause: 'gremlins' })], ['of a code of tomorrow', JSON.stringify({ ...finding, code: 'NET_TOMORROW' })],
  ['with a fact that is none', JSON.stringify({ ...finding, facts: { password: 'x' } })], ['with a fact that is a list', JSON.stringify({ ...finding, facts: { host: ['x'] } })],
  ['of no time', JSON.stringify({ ...finding, at: 'yesterday' })],
]

async function openEdited() {
  const { licenses, location, close } = await openStorage({ url: await backend.freshUrl(), baseDir: '/' })
  const database = new DatabaseSync(location)
  onTestFinished(async () => {
    database.close()
    await close()
  })
  await licenses.commit(saveOf(0))
  await licenses.commit(failureOf(NOW))
  const edit = (table: string, column: string, text: string, where = '') => database.prepare(`update ${table} set ${column} = ? ${where}`).run(text)
  const execute = (sql: string) => database.exec(sql)
  const countRows = () => database.prepare('select count(*) as count from findings').get()?.count
  return { licenses, edit, execute, countRows }
}

it.each(UNREADABLE)('the list leaves out one that is %s, and keeps the others', async (_, text) => {
  const { licenses, edit } = await openEdited()
  await licenses.saveFinding(silenceOf(NOW + HOUR))
  edit('findings', 'finding', text, 'where id = 1')
  expect(await licenses.listFindings()).toEqual([silenceOf(NOW + HOUR)])
})

it.each(UNREADABLE)('an entry and the license go on without one that is %s', async (_, text) => {
  const { licenses, edit } = await openEdited()
  edit('events', 'finding', text)
  edit('license', 'last_finding', text)
  expect(await licenses.listEvents({ limit: 1 })).toMatchObject([{ kind: 'check_in_failed', count: 1, finding: null }])
  expect((await licenses.read()).license).toMatchObject({ jti: 'lease-1', consecutiveFailures: 1, lastError: 'NET_TIMEOUT', lastFinding: null })
  await licenses.commit(failureOf(NOW + HOUR))
  expect(await licenses.listEvents({ limit: 1 })).toMatchObject([{ count: 2, finding: silenceOf(NOW + HOUR) }])
  expect((await licenses.read()).license?.lastFinding).toEqual(silenceOf(NOW + HOUR))
})

it.each([['last_error', '\'NET_TLS\''], ['last_attempt_at', String(NOW + HOUR)]])(
  'the license has none once an older version, which does not know the column, has written another %s', async (column, value) => {
    const { licenses, execute } = await openEdited()
    expect((await licenses.read()).license?.lastFinding).toEqual(finding)
    execute(`update license set ${column} = ${value}`)
    expect((await licenses.read()).license).toMatchObject({ consecutiveFailures: 1, lastFinding: null })
  })

it('the table holds no more than are kept, readable or not', async () => {
  const { licenses, edit, countRows } = await openEdited()
  for (let n = 1; n < 10; n++) await licenses.saveFinding(silenceOf(NOW + n))
  edit('findings', 'finding', 'not JSON')
  expect(countRows()).toBe(10)
  for (let n = 10; n < 25; n++) await licenses.saveFinding(silenceOf(NOW + n))
  expect(countRows()).toBe(10)
})

it.each([
  ['no JSON', 'not JSON'], ['no run', '{}'], ['a run of stages of tomorrow', JSON.stringify({ ...diagnosticsOf(NOW), stages: [{ stage: 'quantum' }] })],
  ['a run with a verdict of tomorrow', JSON.stringify({ ...diagnosticsOf(NOW), verdict: 'splendid' })],
])('the last run of diagnostics is none where it is %s, and the next is kept', async (_, text) => {
  const { licenses, edit } = await openEdited()
  await licenses.saveDiagnostics(diagnosticsOf(NOW))
  edit('installation', 'last_diagnostics', text)
  expect(await licenses.readDiagnostics()).toBeNull()
  await licenses.saveDiagnostics(diagnosticsOf(NOW + HOUR))
  expect(await licenses.readDiagnostics()).toEqual(diagnosticsOf(NOW + HOUR))
})
