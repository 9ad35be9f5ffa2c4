import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'nc-install-'))
const marker = join(folder, 'ran')

afterEach(() => rmSync(marker, { force: true }))

/** A project with this project's npm settings, whose one dependency leaves a mark when its install script runs. */
function prepareProject(): string {
  const project = join(folder, 'project')
  mkdirSync(join(folder, 'package'), { recursive: true })
  mkdirSync(project, { recursive: true })
  writeFileSync(join(folder, 'package/package.json'), JSON.stringify({
    name: 'with-script', version: '1.0.0', scripts: { postinstall: `node -e "fs.writeFileSync('${marker}', '')"` },
  }))
  npm(folder, ['pack', './package', '--ignore-scripts'])
  copyFileSync(join(ROOT, '.npmrc'), join(project, '.npmrc'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, dependencies: { 'with-script': 'file:../with-script-1.0.0.tgz' } }))
  npm(project, ['install', '--package-lock-only'])
  return project
}

function npm(cwd: string, args: string[]): void {
  // As a stranger's shell has it: what npm hands down to the scripts it runs would decide in the project's place.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
  const { status, stderr } = spawnSync('npm', [...args, '--offline'], { cwd, env, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
}

test('F77: an install runs no script of a package, unless somebody asks for it', { timeout: 120_000 }, () => {
  const project = prepareProject()
  npm(project, ['ci'])
  expect(existsSync(join(project, 'node_modules/with-script'))).toBe(true)
  expect(existsSync(marker)).toBe(false)
  npm(project, ['install'])
  expect(existsSync(marker)).toBe(false)
  npm(project, ['ci', '--ignore-scripts=false'])
  expect(existsSync(marker)).toBe(true)
  rmSync(folder, { recursive: true })
})

test('no command of the project relies on a "pre" or "post" script, which npm passes over together with install scripts', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const names = Object.keys(scripts)
  expect(names.filter(name => /^(pre|post)/.test(name))).toEqual([])
  for (const name of ['start', 'test', 'dev', 'build', 'build:sandbox']) expect(scripts[name], name).toMatch(/^npm run --silent setup && /)
})
