import { expect, it } from 'vitest'
import { isMatter, isWell } from '../../../../app/license/well.ts'
import type { LicenseView, Warning } from '../../../../shared/contracts.ts'
import { found } from '../../../support/app/findings.ts'
import { viewOf } from '../../../support/app/license-view.ts'

const SANDBOX: Warning = { code: 'SANDBOX_BUILD' }
const SEATS: Warning = { code: 'SEATS_EXCEEDED', seats: 5, used: 9 }

it.each<[string, Partial<LicenseView>, boolean]>([
  ['nothing found and nothing warned of', {}, true], ['a sandbox build', { warnings: [SANDBOX] }, true],
  ['a warning', { warnings: [SEATS] }, false], ['a warning beside a sandbox build', { warnings: [SANDBOX, SEATS] }, false],
  ['something found', { finding: found('clock_behind') }, false],
])('all is well with %s: %s', (_what, view, expected) => expect(isWell(viewOf(view))).toBe(expected))

it('of all warnings only the sandbox build is nothing to deal with', () => {
  expect([SANDBOX, SEATS].filter(isMatter)).toEqual([SEATS])
})
