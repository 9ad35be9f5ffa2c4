/*
 * Where the panel stands in the address people open. Behind it, everything sees paths from the root; before it, a reverse
 * proxy may keep the base path or strip it, and health checks and services of the same network call without it.
 */

/** The first segments of our own paths; a test compares them with the routes and pages. */
export const TOP_LEVEL: ReadonlySet<string> = new Set([
  '', 'api', 'metrics', 'admin', 'login', 'setup', '_nuxt', '__nuxt_error',
])

/** The base path of an address's path: one slash before, between and after its segments. */
export function toBasePath(pathname: string): string {
  return pathname.split('/').filter(Boolean).reduce((base, segment) => `${base}${segment}/`, '/')
}

/** A request's target as this server sees it: from the root, with its query. */
export function pathInside(target: string, basePath: string): string {
  const local = originForm(target)
  if (basePath === '/') return local
  const end = local.search(/[?#]/)
  const given = (end < 0 ? local : local.slice(0, end)).split('/').slice(1)
  const base = basePath.split('/').slice(1, -1)
  if (!base.every((segment, index) => decoded(segment) === decoded(given[index]))) return local
  const rest = given.slice(base.length)
  // A base path such as /admin/ looks like one of ours; then what follows it decides.
  if (TOP_LEVEL.has(given[0] ?? '') && !TOP_LEVEL.has(rest[0] ?? '')) return local
  return `/${rest.join('/')}${end < 0 ? '' : local.slice(end)}`
}

/** The address of a path from the root, as people's browsers know it. */
export function addressOf(path: string, basePath: string): string {
  return basePath.slice(0, -1) + path
}

/** A client may name the whole address (RFC 9112 §3.2.2). */
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
