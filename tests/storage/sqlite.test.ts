import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeStorage } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'license-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
describeStorage('storage on SQLite', { freshUrl: async () => `file:${join(folder, `${++count}`, 'license.db')}` })
