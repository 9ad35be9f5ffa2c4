/* What somebody without an account can request, under a different name each time. */

export interface Asked { method?: string, path: string, headers?: Record<string, string>, body?: string }

export interface Shape {
  what: string
  /** Rendered, and so about forty times as expensive as the others. */
  isPage: boolean
  ask: (name: string) => Asked
}

const METHODS = ['PROPFIND', 'TRACE', 'LOCK', 'MKCOL', 'SEARCH', 'PURGE', 'REPORT', 'UNLINK']
const MEMBERS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf']
const JSON_BODY = { 'content-type': 'application/json' }

/** An element of a list, chosen by the request's name. */
const pick = (list: readonly string[], name: string) => list[Number.parseInt(name, 36) % list.length] ?? ''

const cheap = (what: string, ask: Shape['ask']): Shape => ({ what, isPage: false, ask })
const page = (what: string, ask: Shape['ask']): Shape => ({ what, isPage: true, ask })

export const SHAPES: readonly Shape[] = [
  page('pages', name => ({ path: `/${name}` })),
  page('query parameters of a page', name => ({ path: `/login?${name}=${name}&next=/${name}` })),
  page('cookies, ours among them', name => ({ path: '/login', headers: { cookie: `nc-locale=${name}; nc-zone=${name}; nc-color-mode=${name}; ${name}=1` } })),
  page('languages', name => ({ path: '/setup', headers: { 'accept-language': `${name}, de-${name.slice(-8)};q=0.5` } })),
  cheap('word files as they were once', name => ({ path: `/_i18n/${name}/en/messages.json` })),
  cheap('languages of word files', name => ({ path: `/_i18n/x/${name}/messages.json` })),
  cheap('hashed word files', name => ({ path: `/_nuxt/de.${name}.json` })),
  cheap('scripts', name => ({ path: `/_nuxt/${name}.js`, headers: { 'accept-encoding': `br, ${name}` } })),
  cheap('islands', name => ({ path: `/__nuxt_island/${name}.json?props=${name}` })),
  cheap('payloads', name => ({ path: `/${name}/_payload.json` })),
  cheap('names of an object\'s own members', name => ({ path: `/api/${pick(MEMBERS, name)}/${name}?${pick(MEMBERS, name)}=${name}` })),
  cheap('routes of the API', name => ({ path: `/api/${name}` })),
  cheap('features', name => ({ path: `/api/features/${name}`, headers: { authorization: `Bearer ${name}` } })),
  cheap('query parameters of the API', name => ({ path: `/api/auth/session?${name}=${name}` })),
  cheap('methods', name => ({ method: pick(METHODS, name), path: `/api/license?${name}` })),
  cheap('sessions', name => ({ path: '/api/license', headers: { cookie: `nc_license_session=${name}` } })),
  cheap('accounts', name => ({ method: 'POST', path: '/api/auth/login', headers: JSON_BODY, body: JSON.stringify({ email: `${name}@example.com`, password: name }) })),
  cheap('set-up tokens, members of the body', name => ({ method: 'POST', path: '/api/auth/setup', headers: JSON_BODY, body: JSON.stringify({ token: name, [name]: name }) })),
  cheap('origins and hosts', name => ({ method: 'PUT', path: '/api/license', headers: { ...JSON_BODY, 'origin': `https://${name}.example`, 'host': `${name}.example` }, body: '{}' })),
  cheap('addresses and headers', name => ({ path: '/api/health/live', headers: { 'x-forwarded-for': name, 'x-forwarded-host': `${name}.example`, 'user-agent': name, [`x-${name}`]: name } })),
]
