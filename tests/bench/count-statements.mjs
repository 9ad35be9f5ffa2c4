/* Preloaded into the product: counts what it asks its SQLite database, and writes the count to a file on SIGUSR2. */
import { writeFileSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'

let count = 0

for (const [{ prototype }, names] of [[StatementSync, ['run', 'all', 'get', 'iterate']], [DatabaseSync, ['exec']]]) {
  for (const name of names) {
    const original = prototype[name]
    prototype[name] = function (...given) {
      count++
      return original.apply(this, given)
    }
  }
}

process.on('SIGUSR2', () => writeFileSync(process.env.BENCH_STATEMENTS, String(count)))
