import { onBeforeUnmount, ref } from 'vue'

const SHOWN_FOR = 2500

// The Clipboard API needs a secure context; selecting a text area works everywhere.
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.readOnly = true
  area.style.cssText = 'position:fixed;inset:0 auto auto 0;opacity:0'
  const focused = document.activeElement
  // Outside of an open dialog, nothing can be selected.
  const host = focused?.closest('dialog') ?? document.body
  host.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return copied
}

/** Copies text, falling back to a selection where there is no Clipboard API. `outcome` says briefly whether it worked. */
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
    // A failure stays until `reset`: the text is selected meanwhile, to be copied by hand.
    if (copied) timer = setTimeout(reset, SHOWN_FOR)
  }
  onBeforeUnmount(() => clearTimeout(timer))
  return { copy, outcome, reset }
}

/** Saves text as a file, without a request to the server. */
export function useDownload() {
  return function download(name: string, type: string, text: string) {
    const url = URL.createObjectURL(new Blob([text], { type }))
    const link = document.createElement('a')
    link.href = url
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }
}
