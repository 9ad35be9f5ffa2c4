import { onScopeDispose, ref, watch } from 'vue'
import type { Ref } from 'vue'
import type { Failure, Result } from '~/api/failure'
import type { Preview } from '#shared/contracts'
import { ERRORS } from '#shared/errors'

/** Somebody who types a token pauses no longer than this between two characters, ms. */
const PAUSE = 300

interface Options {
  text: Ref<string>
  /** Whether the text is judged to be a token, which costs no call to anybody. */
  isToken: () => boolean
  ask: (text: string) => Promise<Result<Preview>>
  /** Told of a failure that is about the text, after a question that nobody asked. */
  onFailure: (failure: Failure) => void
}

/** Whether a failure is about what was pasted, rather than about the way to the server or the state it is in. */
function isAboutText({ code }: Failure): boolean {
  if (code === 'UNREACHABLE') return false
  return ERRORS[code].group === 'credential' || code === 'VALIDATION' || code === 'PAYLOAD_TOO_LARGE'
}

/** The preview of what is in a field: of a token by itself, shortly after the last change, of anything else when asked. */
export function useCredentialPreview({ text, isToken, ask, onFailure }: Options) {
  const preview = ref<Preview | null>(null)
  const previewing = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = 0

  /** Asks now. Null if the text has changed since, or was asked about again: only the last answer counts. */
  async function look(): Promise<Result<Preview> | null> {
    clearTimeout(timer)
    const number = ++last
    previewing.value = true
    const result = await ask(text.value)
    if (number !== last) return null
    previewing.value = false
    preview.value = result.ok ? result.value : null
    return result
  }
  function forget() {
    clearTimeout(timer)
    last += 1
    previewing.value = false
    preview.value = null
  }
  async function lookByItself() {
    const result = await look()
    if (result && !result.ok && isAboutText(result.failure)) onFailure(result.failure)
  }
  watch(text, () => {
    forget()
    if (isToken()) timer = setTimeout(() => void lookByItself(), PAUSE)
  })
  onScopeDispose(forget)
  return { preview, previewing, look, forget }
}
