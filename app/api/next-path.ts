export const HOME = '/admin/license'
/** The sign-in page, saying that set-up is done. */
export const SET_UP = { path: '/login', query: { setup: 'done' } }

/** Where to go after signing in: `next` if it is a path on this site, else the License page. */
export function sameSitePath(next: unknown): string {
  if (typeof next !== 'string' || !next.startsWith('/')) return HOME
  // Browsers take `//host`, `/\host`, and either with a tab or line break inside, for another site.
  const base = 'http://same.site'
  const url = URL.canParse(next, base) ? new URL(next, base) : undefined
  if (!url || url.origin !== base || url.pathname.startsWith('//') || url.pathname === '/login') return HOME
  return url.pathname + url.search + url.hash
}
