import { supportText } from '~/composables/support-text'

const ADDRESS = 'cs@nocodb.com'

/** Takes what it is about; returns a mailto link to support with the facts of this installation in it, in English. */
export function useSupportMail(about: () => string) {
  const license = useLicenseStore()
  return computed(() => {
    const subject = encodeURIComponent(`NocoDB license: ${about()}`)
    const facts = license.view ? `${about()}\n\n${supportText(license.view)}\n\n` : `${about()}\n\n`
    return `mailto:${ADDRESS}?subject=${subject}&body=${encodeURIComponent(facts)}`
  })
}
