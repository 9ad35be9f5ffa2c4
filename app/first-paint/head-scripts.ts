/* Each runs in the page's head, as text, before any script file has been asked for. */

/**
 * What is clicked, submitted or chosen before the page can answer is kept, and shown to
 * be pending, until early-actions.ts carries it out; without it a slow line would swallow the click.
 */
export const EARLY_SCRIPT = `(() => {
  const kept = new Map()
  const keep = (event) => {
    if (event.type === 'change') {
      if (event.target.matches('select, [type=radio]')) kept.set(event.target, event.target.value)
      return
    }
    const target = event.target.closest(event.type === 'submit' ? 'form' : 'button')
    if (!target) return
    event.preventDefault()
    event.stopPropagation()
    // A submit button's click becomes a submit by itself.
    kept.set(event.type === 'click' && target.type === 'submit' ? target.form : target)
    document.documentElement.dataset.pending = ''
  }
  const types = ['click', 'submit', 'change']
  for (const type of types) document.addEventListener(type, keep, true)
  window.takeEarlyActions = () => {
    for (const type of types) document.removeEventListener(type, keep, true)
    delete document.documentElement.dataset.pending
    return [...kept]
  }
})()`

/** Shows ShellAddressHint where the browser knows a longer address of the page than the server, which no script file would reach. */
export const ADDRESS_SCRIPT = `addEventListener('DOMContentLoaded', () => {
  const hint = document.querySelector('[data-served-at]')
  const path = hint?.dataset.servedAt
  if (path && location.pathname !== path && location.pathname.endsWith(path)) hint.hidden = false
})`

/** Remembers, for the server, the colour scheme that this browser preferred on its last visit. */
export const SEEN_SCHEME_COOKIE = 'nc-color-scheme'

/**
 * On a first visit the server can only guess the colour scheme: a browser that prefers dark says so in a cookie and reloads
 * before anything is painted. Without cookies nothing happens, and the page turns dark once it is hydrated.
 */
export const colorGuessScript = (path: string) => `if (matchMedia('(prefers-color-scheme: dark)').matches) {
  document.cookie = ${JSON.stringify(`${SEEN_SCHEME_COOKIE}=dark; path=${path}; max-age=31536000; samesite=lax`).replaceAll('<', '\\u003C')}
  if (document.cookie.includes('${SEEN_SCHEME_COOKIE}=dark')) location.reload()
}`
