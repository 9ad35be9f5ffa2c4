/*
 * The path under which people open the panel. Inside this server every path starts at the root. Outside it, a reverse proxy may
 * keep the base path or strip it, and health checks and services on the same network leave it out.
 */

/** The first segments of our own paths; a test compares them with the routes and pages. */
export const TOP_LEVEL: ReadonlySet<string> = new Set([
  '', 'api', 'metrics', 'admin', 'login', 'setup', '_nuxt', '__nuxt_error',
])

/** Normalises the path of a URL to a base path: a slash at the start, between segments and at the end. */
export function toBasePath(pathname: string): string {
  return pathname.split('/').filter(Boolean).reduce((base, segment) => `${base}${segment}/`, '/')
}

/** Rewrites a request's target to a path from the root, keeping its query. */
export function pathInside(target: string, basePath: string): string {
  const local = originForm(target)
  if (basePath === '/') return local
  const end = local.search(/[?#]/)
  const given = (end < 0 ? local : local.slice(0, end)).split('/').slice(1)
  const base = basePath.split('/').slice(1, -1)
  if (!base.every((segment, index) => decoded(segment) === decoded(given[index]))) return local
  const rest = given.slice(base.length)
  // A base path such as /admin/ could also be a path of ours; the segment after it decides.
  if (TOP_LEVEL.has(given[0] ?? '') && !TOP_LEVEL.has(rest[0] ?? '')) return local
  return `/${rest.join('/')}${end < 0 ? '' : local.slice(end)}`
}

/** The path under which browsers know a path from the root. */
export function addressOf(path: string, basePath: string): string {
  return basePath.slice(0, -1) + path
}

/** Clients may send the target as a full URL (RFC 9112 §3.2.2). */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return '/'
  const { pathname, search } = new URL(target)
  return pathname + search
}

function decoded(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment)
  }
  catch {
    return segment
  }
}
