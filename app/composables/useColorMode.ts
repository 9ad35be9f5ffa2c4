export const COLOR_MODES = ['light', 'dark', 'system'] as const
export type ColorMode = (typeof COLOR_MODES)[number]
type ColorScheme = 'light' | 'dark'

const YEAR = 365 * 24 * 3600

/**
 * The chosen mode and the scheme it comes to. With `system` the server follows the browser's hint, or what this browser
 * preferred on the last visit; `follow` corrects it after mount.
 */
export function useColorMode() {
  const mode = useCookie<string>('nc-color-mode', { maxAge: YEAR, sameSite: 'lax', default: () => 'system' })
  const seen = useCookie<string>('nc-color-scheme', { maxAge: YEAR, sameSite: 'lax', default: () => '' })
  const hint = useRequestHeaders(['sec-ch-prefers-color-scheme'])['sec-ch-prefers-color-scheme'] ?? seen.value
  const preferred = useState<ColorScheme>('preferred-scheme', () => hint.replaceAll('"', '') === 'dark' ? 'dark' : 'light')
  const chosen = computed<ColorMode>({
    get: () => COLOR_MODES.find(known => known === mode.value) ?? 'system',
    set: (value) => { mode.value = value },
  })
  /** On the server: the scheme is not known, only supposed. */
  const isGuess = chosen.value === 'system' && hint === ''
  const scheme = computed<ColorScheme>(() => chosen.value === 'system' ? preferred.value : chosen.value)

  /** Call once, in the root component. */
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
