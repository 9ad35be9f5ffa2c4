import type { ConsoleMessage, Page } from '@playwright/test'

/** Words that a test keeps back are asked for again; that the browser notes each failure is no defect. */
const WORDS = /\/_nuxt\/[\w-]+\.[\w-]+\.json$/

/** A refused save is an answer the screen shows; that the browser notes its status is no defect. */
function complaintOf(message: ConsoleMessage): string[] {
  if (/^Failed to load resource: net::ERR_(FAILED|CONNECTION_RESET)$/.test(message.text()) && WORDS.test(message.location().url)) return []
  const isAnswer = /^Failed to load resource: the server responded with a status of (4\d\d|50[234])/.test(message.text())
  return ['error', 'warning'].includes(message.type()) && !isAnswer ? [`${message.type()}: ${message.text()}`] : []
}

/** Takes a page, the hosts (with port) it may talk to, and a list; adds to it whatever the browser complains of and whoever else it calls. */
export function watchPage(page: Page, hosts: readonly string[], complaints: string[]): void {
  page.on('console', message => complaints.push(...complaintOf(message)))
  page.on('pageerror', error => complaints.push(`uncaught: ${error.message}`))
  page.on('request', (request) => {
    const { host, protocol } = new URL(request.url())
    const isOwn = hosts.includes(host) || ['data:', 'blob:', 'about:'].includes(protocol)
    if (!isOwn) complaints.push(`a request to ${request.url()}`)
  })
}
