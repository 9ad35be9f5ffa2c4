export interface Variant { name: string, scheme: 'light' | 'dark', width: number, height: number, language: 'en' | 'ar' }

const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }

const VARIANTS: readonly Variant[] = [
  { name: 'light-1440', scheme: 'light', language: 'en', ...WIDE },
  { name: 'dark-1440', scheme: 'dark', language: 'en', ...WIDE },
  { name: 'light-390', scheme: 'light', language: 'en', ...PHONE },
  { name: 'dark-390', scheme: 'dark', language: 'en', ...PHONE },
  { name: 'rtl-1440', scheme: 'light', language: 'ar', ...WIDE },
  { name: 'rtl-390', scheme: 'light', language: 'ar', ...PHONE },
]
const CHEAP = ['light-1440', 'dark-390']

export interface Mode { shots: boolean, variants: readonly Variant[] }

/** What GALLERY asks for: `shots` for pictures of all variants, names of variants for pictures of those, nothing for a cheap look. */
export function modeOf(wanted: string | undefined): Mode {
  if (wanted === 'shots') return { shots: true, variants: VARIANTS }
  const names = wanted ? wanted.split(',') : CHEAP
  const variants = VARIANTS.filter(({ name }) => names.includes(name))
  if (variants.length < names.length) throw new Error(`GALLERY is "shots" or some of ${VARIANTS.map(({ name }) => name).join(',')}`)
  return { shots: Boolean(wanted), variants }
}
