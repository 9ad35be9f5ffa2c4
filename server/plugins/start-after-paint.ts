import sheets from '#page-styles'
import { defineNitroPlugin } from 'nitropack/runtime'
import { stylesOf } from '../http/page-styles.ts'

interface Asset { src: string, integrity: string | undefined }

const STYLES = /<link\b[^>]*\brel="stylesheet"[^>]*>/g
const PRELOAD = /<link\b[^>]*\brel="modulepreload"[^>]*>/g
const WORDS = /<link\b[^>]*\bas="fetch"[^>]*>/g
const ENTRY = /<script\b[^>]*\btype="module"[^>]*\bsrc="[^>]*><\/script>/g
const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]

/**
 * Loads a page's scripts and words right after its first paint, with which they would otherwise compete; the page can be read
 * without them. A hidden tab paints nothing, so there they start at once; elsewhere after a second at the latest. The styles that it is
 * painted with stand in the page itself, and the stylesheet comes along with the scripts.
 */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('render:html', (html) => {
    const found: Record<'styles' | 'preloads' | 'words' | 'entries', Asset[]> = { styles: [], preloads: [], words: [], entries: [] }
    const page = Object.values(html).flat().join('')
    for (const part of ['head', 'bodyPrepend', 'bodyAppend'] as const) {
      html[part] = html[part].map(text => text
        .replace(PRELOAD, take(found.preloads, 'href'))
        .replace(WORDS, take(found.words, 'href'))
        .replace(ENTRY, take(found.entries, 'src'))
        .replace(STYLES, bringIn(found.styles, page)))
    }
    if (found.entries.length === 0) return
    // nuxt-security adds the nonce, as it does to every script.
    html.bodyAppend.push(`<script>(${start})(${JSON.stringify(found).replaceAll('<', '\\u003C')})</script>`)
  })
})

/** Puts what this page needs of a stylesheet in the place of its link. */
function bringIn(list: Asset[], page: string) {
  return (tag: string) => {
    const src = attribute(tag, 'href') ?? ''
    const folder = src.slice(0, src.lastIndexOf('/') + 1)
    const rules = sheets[src.slice(folder.length)]
    if (!rules) return tag
    list.push({ src, integrity: attribute(tag, 'integrity') })
    return `<style>${stylesOf(rules, page).replaceAll('url(./', `url(${folder}`)}</style>`
  }
}

function take(list: Asset[], name: 'href' | 'src') {
  return (tag: string) => {
    const src = attribute(tag, name)
    if (src === undefined) return tag
    list.push({ src, integrity: attribute(tag, 'integrity') })
    return ''
  }
}

/* Runs in the browser, as text. */
const start = `({ styles, preloads, words, entries }) => {
  let begun = false
  const add = (name, values) => document.head.append(Object.assign(document.createElement(name), { crossOrigin: 'anonymous' }, values))
  const begin = async () => {
    if (begun) return
    begun = true
    // One that fails does not hold up the scripts, and is asked for again: what opens later would go without its looks.
    const style = ({ src, integrity = '' }, wait = 2000) => new Promise((resolve) => {
      const onerror = () => {
        resolve()
        if (wait < 60000) setTimeout(() => style({ src, integrity }, 2 * wait), wait)
      }
      add('link', { rel: 'stylesheet', href: src, integrity, onload: resolve, onerror })
    })
    const styled = Promise.all(styles.map(each => style(each)))
    for (const { src, integrity = '' } of preloads) add('link', { rel: 'modulepreload', href: src, integrity })
    // Without integrity: browsers do not check it here, and say so.
    for (const { src } of words) add('link', { rel: 'preload', as: 'fetch', fetchPriority: 'low', href: src })
    // Libraries first, one after another: each is a task of its own, between which a click can be answered.
    for (const { src } of preloads.filter(({ src }) => src.includes('/library.'))) {
      await import(src).catch(() => undefined)
      await new Promise(resolve => setTimeout(resolve))
    }
    // What they show may need styles that did not come with the page. One that hangs is not waited for once all else is there.
    await Promise.race([styled, new Promise(resolve => setTimeout(resolve, 5000))])
    for (const { src, integrity = '' } of entries) add('script', { type: 'module', src, integrity })
  }
  if (document.hidden) begin()
  else requestAnimationFrame(() => setTimeout(begin))
  setTimeout(begin, 1000)
}`
