import { useState } from '#imports'
import { computed } from 'vue'
import { SEEN_SCHEME_COOKIE } from '~/first-paint/head-scripts'
import { useTextCookie } from './useTextCookie'

export const COLOR_MODES = ['light', 'dark', 'system'] as const
export type ColorMode = (typeof COLOR_MODES)[number]
type ColorScheme = 'light' | 'dark'

/**
 * The chosen colour mode and the scheme that results. For `system` the server uses what this browser preferred on its last
 * visit; `follow` corrects that after mount.
 */
export function useColorMode() {
  const mode = useTextCookie('nc-color-mode')
  const seen = useTextCookie(SEEN_SCHEME_COOKIE)
  const preferred = useState<ColorScheme>('preferred-scheme', () => seen.value === 'dark' ? 'dark' : 'light')
  const chosen = computed<ColorMode>({
    get: () => COLOR_MODES.find(known => known === mode.value) ?? 'system',
    set: (value) => { mode.value = value },
  })
  /** True on the server while the browser's preference is unknown. */
  const isGuess = chosen.value === 'system' && !seen.value
  const scheme = computed<ColorScheme>(() => chosen.value === 'system' ? preferred.value : chosen.value)

  /** Follows the system's preference. Call once after mount, in the root component. */
  function follow() {
    const query = window.matchMedia('(prefers-color-scheme: dark)')
    const apply = () => {
      preferred.value = query.matches ? 'dark' : 'light'
      seen.value = preferred.value
    }
    apply()
    query.addEventListener('change', apply)
  }

  return { mode: chosen, scheme, isGuess, follow }
}
