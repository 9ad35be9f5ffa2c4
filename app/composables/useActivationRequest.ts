/** The text to send to the vendor for an offline license, and what it failed with if it could not be had. */
export async function useActivationRequest() {
  const license = useLicenseStore()
  const { data } = await useAsyncData('activation-request', () => license.activationRequest())
  return {
    text: computed(() => data.value?.ok ? data.value.value.text : ''),
    failure: computed(() => data.value && !data.value.ok ? data.value.failure : null),
  }
}
