import { computed, nextTick, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import type { Ref } from 'vue'
import type { Failure } from '~/api/failure'
import { isInForce } from '~/license/replacement'
import { useLicenseStore } from '~/stores/license'
import type { LicenseView } from '#shared/contracts'
import { rulesOf } from '#shared/method-rules'
import { judgePaste } from '#shared/paste/judge-paste'
import { credentialIn } from '#shared/paste/offer'
import { useCredentialPreview } from './useCredentialPreview'

interface Options {
  credential: Ref<string>
  isFieldOpen: () => boolean
  field: () => { focusSave: () => void, showPreview: () => void } | null
  /** Tells a failure at the field; null takes away what was told. */
  tell: (failure: Failure | null) => void
  begin: () => void
  onFailed: () => Promise<void>
  /** `before`: the license until then. */
  onSaved: (before: LicenseView | null) => Promise<void>
}

/** Judges what is in the field and saves it, after a question if that replaces a license in force. */
export function useLicenseSaving({ credential, isFieldOpen, field, tell, begin, onFailed, onSaved }: Options) {
  const license = useLicenseStore()
  const context = computed(() => ({ instanceId: license.view?.instanceId ?? '', silent: rulesOf(license.view?.method)?.silent ?? false }))
  const judged = computed(() => judgePaste(credential.value, context.value))
  const offer = computed(() => judged.value.cause === 'empty' || judged.value.credential ? null : credentialIn(credential.value, context.value))
  const isToken = computed(() => rulesOf(judged.value.credential?.method)?.credential === 'token')
  /** A failure of what nobody asked for: it does not take the focus out of the field. */
  const unprompted = ref<Failure | null>(null)
  /** What is about to replace the license in force, and that license as it was when the question was asked. */
  const replacing = shallowRef<{ text: string, view: LicenseView } | null>(null)

  const { preview, previewing, look, forget } = useCredentialPreview({
    text: credential, isToken: () => isToken.value, ask: license.preview,
    onFailure: (failure) => {
      // Whatever somebody has asked for meanwhile has its own outcome.
      if (license.busy !== null) return
      tell(failure)
      unprompted.value = failure
    },
  })

  /** Asks first if a license in force would be replaced; a token that would be refused is shown instead. */
  async function save(text: string) {
    begin()
    if (!license.view || !isInForce(license.view) || !judged.value.credential) return carryOut(text)
    if (isToken.value && !await wouldBeAccepted()) return
    if (license.busy === null && license.view) replacing.value = { text, view: license.view }
  }
  async function wouldBeAccepted() {
    const result = preview.value ? { ok: true as const, value: preview.value } : await look()
    if (result?.ok && result.value.accepted) return true
    if (result && !result.ok) tell(result.failure)
    await nextTick()
    if (result?.ok) field()?.showPreview()
    return false
  }
  /** Another license than the one that was asked about is not replaced: the server refuses that. */
  async function carryOut(text: string, revision?: number) {
    replacing.value = null
    forget()
    begin()
    const before = license.view
    if (await license.save(text, revision)) return onFailed()
    credential.value = ''
    await onSaved(before)
  }
  /** Nothing is replaced after all. */
  async function keepLicense() {
    replacing.value = null
    await nextTick()
    field()?.focusSave()
  }
  async function askPreview() {
    tell(null)
    const result = await look()
    if (result && !result.ok) tell(result.failure)
  }
  // The question is about a license and terms that are not there any more: nothing is replaced by an answer to it.
  watch([preview, () => license.view], () => {
    const holds = license.view !== null && isFieldOpen() && isInForce(license.view) && (!isToken.value || preview.value?.accepted === true)
    if (replacing.value !== null && !holds) void keepLicense()
  })
  // Another license has come meanwhile: what was foreseen was foreseen of the one before.
  watch(() => license.view?.revision, () => { if (preview.value) void look() })

  function edit() {
    if (credential.value) license.actionFailure = null
  }
  // What was typed is not lost where a session ends.
  onMounted(() => { if (credential.value === '') credential.value = license.draft })
  watch(credential, (typed) => { license.draft = typed })
  onBeforeUnmount(() => { license.draft = '' })

  return { judged, offer, unprompted, replacing, preview, previewing, save, carryOut, keepLicense, askPreview, edit }
}
