import { useI18n } from '#imports'
import type { Failure } from '~/api/failure'
import type { LicenseView } from '#shared/contracts'
import type { ErrorDetails } from '#shared/errors'
import { useTimeText } from './useTimeText'

const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
const ID = /^[\da-f]{32}$|^lic_/

/** Facts that the screen already states elsewhere. */
const SAID_OTHERWISE = new Set(['revision', 'retryAfterSeconds', 'admin', 'limitBytes', 'cause'])

/* For this error, `expected` and `found` are Instance IDs. */
const BOUND_LABELS: Record<string, string> = { expected: 'instanceId', found: 'boundTo' }

/** Puts a failure into words, and lists its facts with labels and readable dates. */
export function useFailureText() {
  const { t, te } = useI18n()
  const time = useTimeText()

  function words(code: Failure['code']) {
    if (code === 'UNREACHABLE') {
      return { title: t('failure.UNREACHABLE.title'), means: t('failure.UNREACHABLE.means'), do: t('failure.UNREACHABLE.do') }
    }
    return { title: t(`errors.${code}.title`), means: t(`errors.${code}.means`), do: t(`errors.${code}.do`) }
  }
  function details(facts: ErrorDetails, code?: Failure['code']) {
    return Object.entries(facts).flatMap(([name, value]) => {
      if (value === null || value === '' || SAID_OTHERWISE.has(name)) return []
      // Sequence numbers mean nothing to people.
      if (code === 'TOKEN_OLDER_THAN_CURRENT' && (name === 'expected' || name === 'found')) return []
      const text = String(value)
      const key = `detail.${code === 'BOUND_TO_DIFFERENT_INSTALLATION' ? BOUND_LABELS[name] ?? name : name}`
      return [{
        label: te(key) ? t(key) : name,
        value: ISO_TIME.test(text) ? name === 'now' ? time.absolute(text) : time.both(text) : text,
        code: ID.test(text),
      }]
    })
  }
  return { words, details }
}

/** Says what an action that failed has left as it was, of a save also that it can be repeated; nothing where that is not known. */
export function useKeptNote(isOfSave: boolean) {
  const { t } = useI18n()
  return ({ code }: Failure, { state, entitled }: LicenseView) => {
    if (code === 'UNREACHABLE' || code === 'CONFLICT') return undefined
    if (isOfSave && code === 'STORAGE_UNAVAILABLE') return t(entitled ? 'credential.keptStorage' : 'credential.keptStorageNone')
    return t(state === 'unlicensed' ? 'credential.keptNone' : 'credential.kept')
  }
}
