import { expect, it } from 'vitest'
import { referenceIn } from '../../../../app/license/reference-link.ts'

it.each([
  ['#NCL-204', 'NCL-204'], ['#ncl-204', 'NCL-204'], ['#Ncl-204', 'NCL-204'], ['#NCL-999', 'NCL-999'], ['#NCL-20', 'NCL-20'], ['#ncl-2o4', 'NCL-2O4'],
  ['', null], ['#', null], ['#method', null], ['#NCL-', null], ['#NCL-204 and more', null], [`#NCL-${'1'.repeat(13)}`, null], ['NCL-204', null],
])('the reference in %j is %j', (hash, reference) => {
  expect(referenceIn(hash)).toBe(reference)
})
