/* Inline scripts for the page's head: they run before any script file is requested. */

/**
 * Records what is typed, clicked, submitted or chosen before hydration, and marks the page as pending after a click, until
 * early-actions.ts replays it. On a slow connection those clicks would otherwise be lost. Text that is typed in the middle of
 * hydration would be overwritten, or reach a component that does not have its parts yet (ant-design-vue throws then).
 */
export const EARLY_SCRIPT = `(() => {
  const kept = new Map()
  const keep = (event) => {
    if (event.type === 'input' || event.type === 'change') {
      const isText = event.target.matches('textarea, input:not([type=radio])')
      if (isText) event.stopPropagation()
      if (isText || (event.type === 'change' && event.target.matches('select, [type=radio]'))) kept.set(event.target, event.target.value)
      return
    }
    const target = event.target.closest(event.type === 'submit' ? 'form' : 'button')
    if (!target) return
    event.preventDefault()
    event.stopPropagation()
    // Clicking a submit button submits its form, so record the form.
    kept.set(event.type === 'click' && target.type === 'submit' ? target.form : target)
    document.documentElement.dataset.pending = ''
  }
  const types = ['input', 'click', 'submit', 'change']
  for (const type of types) document.addEventListener(type, keep, true)
  window.takeEarlyActions = () => {
    for (const type of types) document.removeEventListener(type, keep, true)
    delete document.documentElement.dataset.pending
    return [...kept]
  }
})()`

/** Reveals ShellAddressHint where the browser's path is longer than the server's, as script files then go to a wrong address. */
export const ADDRESS_SCRIPT = `addEventListener('DOMContentLoaded', () => {
  const hint = document.querySelector('[data-served-at]')
  const path = hint?.dataset.servedAt
  if (path && location.pathname !== path && location.pathname.endsWith(path)) hint.hidden = false
})`

/** Tells the server which colour scheme this browser preferred on its last visit. */
export const SEEN_SCHEME_COOKIE = 'nc-color-scheme'

/**
 * On a first visit the server can only guess the colour scheme, so a browser that prefers dark sets a cookie and reloads
 * before anything is painted. With cookies blocked, the page turns dark once it is hydrated.
 */
export const colorGuessScript = (path: string) => `if (matchMedia('(prefers-color-scheme: dark)').matches) {
  document.cookie = ${JSON.stringify(`${SEEN_SCHEME_COOKIE}=dark; path=${path}; max-age=31536000; samesite=lax`).replaceAll('<', '\\u003C')}
  if (document.cookie.includes('${SEEN_SCHEME_COOKIE}=dark')) location.reload()
}`
