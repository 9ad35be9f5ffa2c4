/*
 * A browser's cookies for one host (RFC 6265bis): shared by all its ports; Secure ones are neither sent nor overwritten over
 * http; names with the prefix __Host- or __Secure- are accepted only with the attributes they promise.
 */

interface Cookie { name: string, value: string, path: string, secure: boolean }

export interface CookieJar {
  /** The Cookie header for a request to the address, longest path first. */
  header(url: string): string
  /** Stores the cookies that a response from the address sets. */
  accept(url: string, setCookies: string[]): void
  names(): string[]
}

export function createCookieJar(): CookieJar {
  let cookies: Cookie[] = []
  const isSecure = (url: string) => new URL(url).protocol === 'https:'
  const covers = (path: string, pathname: string) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)

  function acceptOne(url: string, line: string): void {
    const [pair = '', ...rest] = line.split(';').map(part => part.trim())
    const attributes = new Map(rest.map(part => [part.split('=')[0]?.toLowerCase() ?? '', part.split('=')[1] ?? '']))
    const [name = '', value = ''] = pair.split('=')
    const cookie = { name, value, path: attributes.get('path') ?? '/', secure: attributes.has('secure') }
    if (cookie.secure && !isSecure(url)) return
    if (/^__(?:Host|Secure)-/.test(name) && !cookie.secure) return
    if (name.startsWith('__Host-') && (cookie.path !== '/' || attributes.has('domain'))) return
    const shadowed = cookies.some(each => each.name === name && each.secure && covers(each.path, cookie.path))
    if (!isSecure(url) && shadowed) return
    cookies = cookies.filter(each => each.name !== name || each.path !== cookie.path)
    if (attributes.get('max-age') !== '0') cookies.push(cookie)
  }

  return {
    header(url) {
      const { pathname } = new URL(url)
      return cookies.filter(({ secure, path }) => (!secure || isSecure(url)) && covers(path, pathname))
        .toSorted((a, b) => b.path.length - a.path.length).map(({ name, value }) => `${name}=${value}`).join('; ')
    },
    accept: (url, setCookies) => setCookies.forEach(line => acceptOne(url, line)),
    names: () => cookies.map(({ name }) => name),
  }
}
