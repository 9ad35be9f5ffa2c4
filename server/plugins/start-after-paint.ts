import { defineNitroPlugin } from 'nitropack/runtime'

interface Script { src: string, integrity: string | undefined }

const PRELOAD = /<link\b[^>]*\brel="modulepreload"[^>]*>/g
const WORDS = /<link\b[^>]*\bas="fetch"[^>]*>/g
const ENTRY = /<script\b[^>]*\btype="module"[^>]*\bsrc="[^>]*><\/script>/g
const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]

/**
 * Loads a page's scripts and words right after its first paint, with which they would otherwise compete; the page can be read
 * without them. A hidden tab paints nothing, so there they start at once; elsewhere after a second at the latest.
 */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('render:html', (html) => {
    const found: { preloads: Script[], words: Script[], entries: Script[] } = { preloads: [], words: [], entries: [] }
    for (const part of ['head', 'bodyPrepend', 'body', 'bodyAppend'] as const) {
      html[part] = html[part].map(text => part === 'body'
        ? text
        : text.replace(PRELOAD, take(found.preloads, 'href')).replace(WORDS, take(found.words, 'href')).replace(ENTRY, take(found.entries, 'src')))
    }
    if (found.entries.length === 0) return
    // nuxt-security adds the nonce, as it does to every script.
    html.bodyAppend.push(`<script>(${start})(${JSON.stringify(found).replaceAll('<', '\\u003C')})</script>`)
  })
})

function take(list: Script[], name: 'href' | 'src') {
  return (tag: string) => {
    const src = attribute(tag, name)
    if (src === undefined) return tag
    list.push({ src, integrity: attribute(tag, 'integrity') })
    return ''
  }
}

/* Runs in the browser, as text. */
const start = `({ preloads, words, entries }) => {
  let begun = false
  const add = (name, values) => document.head.append(Object.assign(document.createElement(name), { crossOrigin: 'anonymous' }, values))
  const begin = async () => {
    if (begun) return
    begun = true
    for (const { src, integrity = '' } of preloads) add('link', { rel: 'modulepreload', href: src, integrity })
    // Without integrity: browsers do not check it here, and say so.
    for (const { src } of words) add('link', { rel: 'preload', as: 'fetch', fetchPriority: 'low', href: src })
    // Libraries first, one after another: each is a task of its own, between which a click can be answered.
    for (const { src } of preloads.filter(({ src }) => src.includes('/library.'))) {
      await import(src).catch(() => undefined)
      await new Promise(resolve => setTimeout(resolve))
    }
    for (const { src, integrity = '' } of entries) add('script', { type: 'module', src, integrity })
  }
  if (document.hidden) begin()
  else requestAnimationFrame(() => setTimeout(begin))
  setTimeout(begin, 1000)
}`
