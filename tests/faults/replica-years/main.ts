import { liveYear } from './installation.ts'

/*
 * `node tests/faults/replica-years/main.ts 3000` lives through that many years, from seed 1 or from the seed that is given after the
 * number, and ends with 1 if something is wrong in one of them. `… main.ts 1 17` tells the whole story of seed 17.
 */

const [years = 300, first = 1] = process.argv.slice(2).map(Number)
Object.assign(crypto.subtle, { verify: async () => true })

const sum = { years: 0, events: 0, calls: 0, extraCalls: 0, violations: 0 }
const states = new Map<string, number>()
for (let seed = first; seed < first + years; seed++) {
  const year = await liveYear(seed, {}, years === 1)
  sum.years++
  for (const name of ['events', 'calls', 'extraCalls'] as const) sum[name] += year[name]
  for (const [state, count] of year.states) states.set(state, (states.get(state) ?? 0) + count)
  if (years === 1 || year.violation !== null) console.log(`${year.story.join('\n')}\nseed ${seed} (${year.fingerprint}): ${year.violation ?? 'nothing is wrong'}`)
  if (year.violation !== null) sum.violations++
}
console.log(JSON.stringify({ ...sum, states: Object.fromEntries(states), processorSeconds: process.cpuUsage().user / 1e6 }))
process.exit(sum.violations === 0 ? 0 : 1)
