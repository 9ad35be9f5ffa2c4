import { existsSync, readFileSync } from 'node:fs'
import { doubtReport, identifyCode, RESULTS, UNIT_REPORT } from '../support/results.ts'
import { TALLIES } from '../support/tally.ts'
import type { Tally } from '../support/tally.ts'

/*
 * Compares the table of README.md with the titles of the tests that ran (`npm test`, `npm run test:people`,
 * `npm run test:long`), prints what became of every row, and ends with 1 when a row has no test that passed, one that failed,
 * or anything accepted, lost or crashed, and when one of the runs is missing or was of other code. What a machine cannot try is
 * skipped and said; in CI nothing may be.
 */

interface Test { titles: string[], status: string }
interface Row { number: string, later: boolean }

const RUNS = [UNIT_REPORT, 'vitest.json', 'playwright.json', 'playwright-people.json', 'vitest-long.json']
const list = (value: unknown): unknown[] => Array.isArray(value) ? value : []
const text = (value: unknown) => typeof value === 'string' ? value : ''
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

function rowsOfTable(): Row[] {
  const table = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  return [...table.matchAll(/^\| (F\d\d)( †)? \|/gm)].map(([, number = '', later]) => ({ number, later: later !== undefined }))
}

function testsOfVitest(report: unknown): Test[] {
  return list(Object(report).testResults).flatMap(file => list(Object(file).assertionResults)).map((test) => {
    const { ancestorTitles, title, status } = Object(test)
    return { titles: [...list(ancestorTitles), title].map(text), status: text(status) }
  })
}

function testsOfPlaywright(suite: unknown, above: string[] = []): Test[] {
  const { title, suites, specs } = Object(suite)
  const titles = [...above, text(title)]
  const own = list(specs).map(spec => ({ titles: [...titles, text(Object(spec).title)], status: statusOfSpec(Object(spec)) }))
  return [...own, ...list(suites).flatMap(inner => testsOfPlaywright(inner, titles))]
}

/** A test that was skipped counts as fine there. */
function statusOfSpec({ ok, tests }: Record<string, unknown>): string {
  if (ok !== true) return 'failed'
  return list(tests).every(test => Object(test).status === 'skipped') ? 'skipped' : 'passed'
}

function testsThatRan(): Test[] {
  return RUNS.filter(name => doubtReport(name, code) === undefined).flatMap((name) => {
    const report = readJson(`${RESULTS}/${name}`)
    return name.startsWith('playwright') ? testsOfPlaywright(report) : testsOfVitest(report)
  })
}

function tallies(): Tally[] {
  if (!existsSync(TALLIES)) return []
  return readFileSync(TALLIES, 'utf8').split('\n').filter(Boolean).map(line => Object(JSON.parse(line)))
}

const NAMES = ['tried', 'accepted', 'lost', 'crashed'] as const
type Counts = Record<(typeof NAMES)[number], number>
const countsOf = (found: Tally[], passed: number): Counts => {
  const sum = (name: keyof Counts) => found.reduce((total, each) => total + (each[name] ?? 0), 0)
  // Where a test notes nothing, it is a case itself.
  return { tried: Math.max(passed, sum('tried')), accepted: sum('accepted'), lost: sum('lost'), crashed: sum('crashed') }
}
const print = (name: string, passed: number, skipped: number, counts: Counts, note = '') => {
  const cells = [passed, skipped, ...NAMES.map(each => counts[each])].map(value => String(value).padStart(10))
  process.stdout.write(`${name.padEnd(4)}${cells.join('')}${note}\n`)
}
/** A title may name several rows at its beginning: "F30, F31 …". */
const isAbout = (title: string, number: string) => (/^(F\d\d[,:]?( and)? ?)+/.exec(title)?.[0] ?? '').includes(number)

const code = identifyCode()
const rows = rowsOfTable()
const tests = testsThatRan()
const noted = tallies()
const problems = RUNS.flatMap(name => doubtReport(name, code) ?? [])
const all: Counts = { tried: 0, accepted: 0, lost: 0, crashed: 0 }

process.stdout.write(`\nrow ${['passed', 'skipped', ...NAMES].map(name => name.padStart(10)).join('')}\n`)
for (const { number, later } of rows) {
  const own = tests.filter(({ titles }) => titles.some(title => isAbout(title, number)))
  const having = (...statuses: string[]) => own.filter(({ status }) => statuses.includes(status)).length
  const [passed, skipped] = [having('passed'), having('skipped', 'pending', 'todo')]
  const counts = countsOf(noted.filter(({ row }) => row === number), passed)
  for (const name of NAMES) all[name] += counts[name]
  print(number, passed, skipped, counts, later && passed === 0 ? '  not built yet' : '')
  if (passed === 0 && !later) problems.push(`${number} has no test that passed`)
  for (const { titles, status } of own) if (status === 'failed') problems.push(`${number} failed: ${titles.join(' > ')}`)
  if (skipped > 0 && process.env.CI) problems.push(`${number}: ${skipped} skipped; in CI every test must run`)
  if (counts.accepted + counts.lost + counts.crashed > 0) problems.push(`${number}: ${JSON.stringify(counts)}`)
}
print('all', tests.filter(({ status }) => status === 'passed').length, tests.filter(({ status }) => status !== 'passed' && status !== 'failed').length, all)

const known = new Set(rows.map(({ number }) => number))
const strangers = new Set(tests.flatMap(({ titles }) => titles.flatMap(title => title.match(/^F\d\d\b/g) ?? [])).filter(number => !known.has(number)))
for (const number of strangers) problems.push(`${number} is in a title, but not in tests/faults/README.md`)
if (rows.length < 50) problems.push(`the table in tests/faults/README.md has only ${rows.length} rows`)
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`)
  process.exit(1)
}
