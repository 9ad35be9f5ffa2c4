import type { Result } from '~/api/failure'

/** The text to send to the vendor for an offline license, and what it failed with if it could not be had. */
export async function useActivationRequest() {
  const license = useLicenseStore()
  const answer = useState<Result<{ text: string, email: string }> | null>('activation-request', () => null)
  // What the server asked for, the browser takes over; later it asks anew.
  if (!useNuxtApp().isHydrating || answer.value === null) answer.value = await license.activationRequest()
  return {
    text: computed(() => answer.value?.ok ? answer.value.value.text : ''),
    failure: computed(() => answer.value && !answer.value.ok ? answer.value.failure : null),
  }
}
