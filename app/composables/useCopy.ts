const SHOWN_FOR = 2500

// Without a secure context there is no Clipboard API; a selected text area is understood everywhere.
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.readOnly = true
  area.style.cssText = 'position:fixed;inset:0 auto auto 0;opacity:0'
  const focused = document.activeElement
  const host = focused?.closest('[role="dialog"]') ?? document.body
  host.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return copied
}

/** Copies text, with or without the Clipboard API; `outcome` says for a moment how it went. */
export function useCopy() {
  const outcome = ref<'copied' | 'failed' | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  function reset() {
    outcome.value = null
  }
  async function copy(text: string) {
    const copied = navigator.clipboard
      ? await navigator.clipboard.writeText(text).then(() => true, () => copyBySelection(text))
      : copyBySelection(text)
    outcome.value = copied ? 'copied' : 'failed'
    clearTimeout(timer)
    // What could not be copied stays selected for as long as it has the focus.
    if (copied) timer = setTimeout(reset, SHOWN_FOR)
  }
  onBeforeUnmount(() => clearTimeout(timer))
  return { copy, outcome, reset }
}
