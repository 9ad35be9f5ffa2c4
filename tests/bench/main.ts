import { ensureSandboxBuild } from '../support/build.ts'
import { measureFirstVisit, measureMainThread } from './browser.ts'
import type { Figure } from './figure.ts'
import { isKept, tableOf } from './figure.ts'
import { measureFleet } from './fleet.ts'
import { measureFootprint } from './footprint.ts'
import { measureHistory } from './history.ts'
import { measureHotRoutes } from './hot-routes.ts'
import { measureIdle } from './idle.ts'
import { measureFeatureCheck, measureSaving, measureVerification } from './in-process.ts'
import { measureResources } from './resources.ts'

/*
 * `npm run bench`, or `npm run bench -- B2 B4`: figures beside something fixed that is measured in the same run, as one table. Exits
 * with 1 if a budget is missed. See README.md beside this file.
 */

const MEASURED: readonly { ids: readonly string[], measure: () => Promise<Figure[]> }[] = [
  { ids: ['B1'], measure: measureFeatureCheck },
  { ids: ['B2'], measure: measureHotRoutes },
  { ids: ['B3'], measure: measureVerification },
  { ids: ['B4'], measure: measureSaving },
  { ids: ['B5', 'B7'], measure: measureResources },
  { ids: ['B6'], measure: measureFirstVisit },
  { ids: ['B7'], measure: measureMainThread },
  { ids: ['B8'], measure: measureHistory },
  { ids: ['B9'], measure: measureFleet },
  { ids: ['B10'], measure: measureIdle },
  { ids: ['B11'], measure: measureFootprint },
]

/** What is simulated needs no build. */
const SIMULATED: ReadonlySet<string> = new Set(['B9'])

const asked = process.argv.slice(2)
if (asked.length === 0 || !asked.every(id => SIMULATED.has(id))) ensureSandboxBuild()
const figures: Figure[] = []
for (const { ids, measure } of MEASURED) {
  if (asked.length > 0 && !ids.some(id => asked.includes(id))) continue
  process.stderr.write(`${ids.join(', ')} …\n`)
  figures.push(...await measure())
}
process.stdout.write(`${tableOf(figures)}\n`)
process.exit(figures.every(figure => isKept(figure) !== false) ? 0 : 1)
