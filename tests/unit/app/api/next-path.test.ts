import { describe, expect, it } from 'vitest'
import { HOME, sameSitePath } from '../../../../app/api/next-path.ts'

describe('after signing in', () => {
  it.each([
    ['/admin/activity', '/admin/activity'], ['/admin/activity?kind=verdict#top', '/admin/activity?kind=verdict#top'], ['/admin/../admin/access', '/admin/access'],
  ])('the way leads on to %s', (next, path) => expect(sameSitePath(next)).toBe(path))

  it.each([
    ['nothing was asked for', undefined], ['it was asked for twice', ['/admin/access', '/admin/activity']], ['it is no path', 'admin/access'],
    ['it is another site', 'https://evil.example/admin'], ['it is another site without a scheme', '//evil.example'], ['it is one by a backslash', '/\\evil.example'],
    ['it is one by a control character', '/\t/evil.example'], ['it becomes one once resolved', '/.//evil.example'],
    ['it is the sign-in page itself', '/login'], ['it is the sign-in page with a way of its own', '/login?next=%2Flogin'],
  ])('the License page comes where %s', (_why, next) => expect(sameSitePath(next)).toBe(HOME))
})
