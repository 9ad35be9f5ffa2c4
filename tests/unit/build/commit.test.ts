import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildCommit } from '../../../server/build/commit.ts'

function folder(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'license-commit-')))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

function repository(): { root: string, head: string } {
  const root = folder()
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], { cwd: root, encoding: 'utf8' })
  git('init', '--quiet')
  writeFileSync(join(root, 'file'), 'one')
  git('add', '.')
  git('commit', '--quiet', '-m', 'one')
  return { root, head: git('rev-parse', 'HEAD').slice(0, 12) }
}

describe('the commit of a build', () => {
  it('is that of the checkout, and says where files differ from it', () => {
    const { root, head } = repository()
    expect(buildCommit(root, undefined)).toBe(head)
    writeFileSync(join(root, 'file'), 'two')
    expect(buildCommit(root, '')).toBe(`${head}+dirty`)
  })

  it('is unknown without git, and in a folder that merely lies in somebody\'s repository', () => {
    expect(buildCommit(folder(), undefined)).toBe('unknown')
    const inner = join(repository().root, 'unpacked')
    mkdirSync(inner)
    expect(buildCommit(inner, undefined)).toBe('unknown')
  })

  it('can be told, if it is a name', () => {
    expect(buildCommit(folder(), ' 4f2a91c0de12 ')).toBe('4f2a91c0de12')
    expect(buildCommit(folder(), '"; drop')).toBe('unknown')
  })
})
