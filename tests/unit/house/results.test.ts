import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { doubtReport, identifyCode } from '../../support/results.ts'

/* Which code a report of a run is about. */

const root = mkdtempSync(join(tmpdir(), 'license-results-'))
afterAll(() => rmSync(root, { recursive: true }))
const git = (...words: string[]) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], { cwd: root })
const write = (file: string, text: string) => writeFileSync(join(root, file), text)

beforeAll(() => {
  expect(identifyCode(root)).toBeUndefined()
  git('init', '--quiet')
  write('code.ts', 'one')
  write('.gitignore', 'ignored')
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
})

it('the code is another with every change of it, and none without', () => {
  const seen = [identifyCode(root)]
  const steps = [
    () => write('code.ts', 'two'),
    () => write('new.ts', 'one'),
    () => write('new.ts', 'two'),
    () => git('add', 'new.ts'),
    () => git('commit', '--quiet', '-a', '-m', 'second'),
  ]
  for (const step of steps) {
    step()
    seen.push(identifyCode(root))
    expect(identifyCode(root)).toBe(seen.at(-1))
  }
  // Adding a file to the index changes how the change is written down, not that it is one.
  expect(new Set(seen).size).toBe(seen.length)
  write('ignored', 'anything')
  expect(identifyCode(root)).toBe(seen.at(-1))
})

it('a report counts for the code that it was made of alone', () => {
  expect(doubtReport('vitest.json', 'this code', root)).toBe('vitest.json is missing: that run was not made, or did not come to its end')
  write('vitest.json', '{}')
  expect(doubtReport('vitest.json', 'this code', root)).toBe('vitest.json does not say of which code it is')
  write('vitest.json.code', 'other code')
  expect(doubtReport('vitest.json', 'this code', root)).toBe('vitest.json is of other code: make that run again')
  write('vitest.json.code', 'this code')
  expect(doubtReport('vitest.json', 'this code', root)).toBeUndefined()
})
