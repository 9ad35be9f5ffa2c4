import { describe, expect, it } from 'vitest'
import { sameSitePath } from '../../../../app/api/next-path.ts'

describe('after signing in', () => {
  it.each([
    '/admin/license', '/admin/activity?kind=verdict', '/admin/license?method=offline#method', '/', '/admin/license#NCL-203', '/login/else',
    '/a?next=//evil.example', '/a#//evil.example',
  ])('%s is where to go', path => expect(sameSitePath(path)).toBe(path))

  it.each([
    ['//evil.example/x'], ['/\\evil.example'], ['/\t/evil.example'], ['/\n/evil.example'], ['/\r\\evil.example'], ['https://evil.example'],
    ['javascript:alert(1)'], ['evil.example'], ['\\\\evil.example'], [' //evil.example'], ['//'], ['///evil.example'], ['/.//evil.example'],
    ['/a/..//evil.example'], ['//same.site:99/x'], ['//[', ], ['//user@evil.example'],
  ])('%j is another site or none, so the License page is', (next) => {
    expect(sameSitePath(next)).toBe('/admin/license')
  })

  it.each(['/login', '/login?next=%2Flogin', '/login#x', '/a/../login'])('%s would lead in a circle, so the License page is', (next) => {
    expect(sameSitePath(next)).toBe('/admin/license')
  })

  it.each([[undefined], [null], [''], [7], [['/a', '/b']], [{ toString: () => '/a' }]])('%j is no path, so the License page is', (next) => {
    expect(sameSitePath(next)).toBe('/admin/license')
  })

  it('a path is followed as the browser would resolve it', () => {
    expect(sameSitePath('/admin/../setup?a=b c')).toBe('/setup?a=b%20c')
  })
})
