import { ensureSandboxBuild } from '../support/build.ts'
import type { Figure } from './figure.ts'
import { isKept, tableOf } from './figure.ts'
import { measureFleet } from './fleet.ts'
import { measureHistory } from './history.ts'
import { measureHotRoutes } from './hot-routes.ts'
import { measureIdle } from './idle.ts'
import { measureFeatureCheck, measureSaving, measureVerification } from './in-process.ts'
import { measureResources } from './resources.ts'

/*
 * `npm run bench`, or `npm run bench -- B2 B4`: figures beside something fixed that is measured in the same run, as one table. Exits
 * with 1 if a budget is missed. See README.md beside this file.
 */

const MEASURED: Readonly<Record<string, () => Promise<Figure[]>>> = {
  B1: measureFeatureCheck,
  B2: measureHotRoutes,
  B3: measureVerification,
  B4: measureSaving,
  B5: measureResources,
  B8: measureHistory,
  B9: measureFleet,
  B10: measureIdle,
}

/** What is simulated needs no build. */
const SIMULATED: ReadonlySet<string> = new Set(['B9'])

const asked = process.argv.slice(2)
if (asked.length === 0 || !asked.every(id => SIMULATED.has(id))) ensureSandboxBuild()
const figures: Figure[] = []
for (const [id, measure] of Object.entries(MEASURED)) {
  if (asked.length > 0 && !asked.includes(id)) continue
  process.stderr.write(`${id} …\n`)
  figures.push(...await measure())
}
process.stdout.write(`${tableOf(figures)}\n`)
process.exit(figures.every(figure => isKept(figure) !== false) ? 0 : 1)
