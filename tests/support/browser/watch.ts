import type { ConsoleMessage, Page } from '@playwright/test'
import { CLASSES } from '../../../app/ant/library-parts.ts'

/** Words and styles that a test withholds are requested again; the browser logging each failure is no defect. */
const ASKED_AGAIN = /\/_nuxt\/[\w-]+\.[\w-]+\.(json|css)$/

/** The screen shows a refused save; the browser logging its status is no defect. */
function complaintOf(message: ConsoleMessage): string[] {
  if (/^Failed to load resource: net::ERR_(FAILED|CONNECTION_RESET)$/.test(message.text()) && ASKED_AGAIN.test(message.location().url)) return []
  const isAnswer = /^Failed to load resource: the server responded with a status of (4\d\d|50[234])/.test(message.text())
  return ['error', 'warning'].includes(message.type()) && !isAnswer ? [`${message.type()}: ${message.text()} (${message.location().url})`] : []
}

/* Vue's warnings contain elements, of which a console message keeps only "JSHandle@node". */
function nameElementsInWarnings(): void {
  const nameOf = (element: Element) => element.localName + (element.id && `#${element.id}`)
    + [...element.classList].map(name => `.${name}`).join('')
  function pathOf(node: Node): string {
    const path: string[] = []
    for (let at: Node | null = node; at && !(at instanceof Document) && path.length < 8; at = at.parentNode) {
      path.unshift(at instanceof Element ? nameOf(at) : `"${at.textContent?.trim().slice(0, 80)}"`)
      // An id already says where on the page it is.
      if (at instanceof Element && at.id) break
    }
    return `<${path.join(' > ')}>`
  }
  const warn = console.warn
  console.warn = (...parts: unknown[]) => warn(...parts.map(part => part instanceof Node ? pathOf(part) : part))
}

/* Styles of the library are left out by class, so an element with another one would be without its looks. */
function nameUnknownClasses(known: readonly string[]): void {
  const told = new Set(known)
  new MutationObserver(() => {
    for (const element of document.querySelectorAll('[class*="ant-"]')) {
      for (const name of element.classList) {
        // What is in motion has never had styles.
        if (!name.startsWith('ant-') || name.includes('-motion-') || told.has(name)) continue
        told.add(name)
        console.error(`the class ${name} is not among CLASSES of app/ant/library-parts.ts`)
      }
    }
  }).observe(document, { subtree: true, childList: true, attributeFilter: ['class'] })
}

/**
 * Adds to `complaints` what the browser complains about, and every request to a host other than `hosts` (with port). Hydration
 * mismatches are named by element and text (the sandbox build reports them, see nuxt.config.ts).
 */
export async function watchPage(page: Page, hosts: readonly string[], complaints: string[]): Promise<void> {
  page.on('console', message => complaints.push(...complaintOf(message)))
  page.on('pageerror', error => complaints.push(`uncaught: ${error.message}`))
  page.on('request', (request) => {
    const { host, protocol } = new URL(request.url())
    const isOwn = hosts.includes(host) || ['data:', 'blob:', 'about:'].includes(protocol)
    if (!isOwn) complaints.push(`a request to ${request.url()}`)
  })
  await page.addInitScript(nameElementsInWarnings)
  await page.addInitScript(nameUnknownClasses, CLASSES)
}
