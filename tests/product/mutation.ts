import { spawnSync } from 'node:child_process'

/* `npm run mutation -- <rooms>`: see tests/stryker.config.mjs. What begins with a dash is for Stryker. */

const words = process.argv.slice(2)
const rooms = words.filter(word => !word.startsWith('-'))
const { status } = spawnSync('stryker', ['run', 'tests/stryker.config.mjs', ...words.filter(word => word.startsWith('-'))], {
  stdio: 'inherit',
  env: { ...process.env, ...(rooms.length > 0 ? { MUTATION_ROOMS: rooms.join(' ') } : {}) },
})
process.exitCode = status ?? 1
