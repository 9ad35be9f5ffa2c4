import { useState } from '#imports'
import type { Mail } from '~/license/support-mail'

/** The mail that is shown, to be sent or copied, as it was when it was asked for; null if there is none. */
export function useShownMail() {
  return useState<Mail | null>('shown-mail', () => null)
}
