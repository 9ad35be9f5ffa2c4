import type { FindingText } from '#shared/findings'
import type ar from '../locales/ar.json'
import type de from '../locales/de.json'
import type en from '../locales/en.json'
import type es from '../locales/es.json'
import type fr from '../locales/fr.json'
import type ja from '../locales/ja.json'
import type pt from '../locales/pt-BR.json'
import type zh from '../locales/zh-CN.json'

/* Types only: a cause of a finding that has no sentence and no advice in one of the languages does not compile. */

type Told = Record<FindingText, { seen: string, do: string }>
type Tells<Words extends { finding: Told }> = Words

export type EveryLanguageTells = [
  Tells<typeof ar>, Tells<typeof de>, Tells<typeof en>, Tells<typeof es>, Tells<typeof fr>, Tells<typeof ja>, Tells<typeof pt>,
  Tells<typeof zh>,
]
