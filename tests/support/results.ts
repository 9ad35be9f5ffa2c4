import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/* What runs leave for tests/faults/report.ts: a report each, and beside it which code it is about. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const RESULTS = join(ROOT, 'tests/faults/.results')
/** `npm test` runs vitest twice: the unit tests by themselves, which alone measure coverage, then the others. */
export const UNIT_REPORT = 'vitest-unit.json'
export const VITEST_REPORT = process.env.VITEST_REPORT ?? 'vitest.json'

/** Marks the run that is starting as one of the current code, and removes an earlier run's report of that name. */
export function beginRun(report: string): void {
  mkdirSync(RESULTS, { recursive: true })
  for (const old of [report, `${report}.code`]) rmSync(join(RESULTS, old), { force: true })
  const code = identifyCode()
  if (code !== undefined) writeFileSync(join(RESULTS, `${report}.code`), code)
}

/** Why that report says nothing about the current code; undefined if it does. */
export function doubtReport(report: string, code = identifyCode(), folder = RESULTS): string | undefined {
  const mark = join(folder, `${report}.code`)
  if (!existsSync(join(folder, report))) return `${report} is missing: that run was not made, or did not come to its end`
  if (!existsSync(mark)) return `${report} does not say of which code it is`
  return readFileSync(mark, 'utf8') === code ? undefined : `${report} is of other code: make that run again`
}

/** The commit, with a digest of uncommitted changes; undefined if there is no commit. */
export function identifyCode(root = ROOT): string | undefined {
  const git = (...words: string[]) => execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] })
  let commit: string
  try {
    commit = git('rev-parse', 'HEAD').trim()
  }
  catch {
    return undefined
  }
  const changes = createHash('sha256').update(git('diff', 'HEAD', '--binary'))
  for (const file of git('ls-files', '--others', '--exclude-standard', '-z').split('\0').filter(Boolean).toSorted()) {
    changes.update(`\0${file}\0`)
    if (lstatSync(join(root, file)).isFile()) changes.update(readFileSync(join(root, file)))
  }
  return `${commit} ${changes.digest('hex')}\n`
}
