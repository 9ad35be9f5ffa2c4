export const HOME = '/admin/license'

/** Where to go after signing in: `next`, if it is a path of this site, else the License page. */
export function sameSitePath(next: unknown): string {
  if (typeof next !== 'string' || !next.startsWith('/')) return HOME
  // A browser reads `//host`, `/\host` and a control character in between as another site.
  const base = 'http://same.site'
  const url = URL.canParse(next, base) ? new URL(next, base) : undefined
  if (!url || url.origin !== base || url.pathname.startsWith('//') || url.pathname === '/login') return HOME
  return url.pathname + url.search + url.hash
}
