import { useI18n } from '#imports'
import type { Loss } from '~/license/replacement'
import { limitsIn, lossesOf, namesIn } from '~/license/replacement'
import type { Preview } from '#shared/contracts'
import { useFeatureName } from './useFeatureName'
import { useLimitName } from './useLimitName'
import { useListText } from './useListText'
import { useTimeText } from './useTimeText'

type Difference = NonNullable<Preview['difference']>
interface Row { field: Difference[number]['field'] | 'featuresOn', current: string, next: string }
const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
const NONE = '–'

/** Puts into words what a preview found, and what a save would change. */
export function usePreviewText() {
  const { t, te } = useI18n()
  const time = useTimeText()
  const list = useListText()
  const featureName = useFeatureName()
  const limitName = useLimitName()
  const amount = (value: number | null) => value === null ? t('details.unlimited') : time.count(value)
  const listed = (name: string, value: string) => t('common.listed', { name, value })

  /** What a check expected or found. */
  function fact(value: string | null) {
    if (value === null) return NONE
    const [sign = '', rest = ''] = value.split(' ')
    if (ISO_TIME.test(value)) return time.both(value)
    return ISO_TIME.test(rest) ? t(sign === '>' ? 'preview.after' : 'preview.notAfter', { time: time.absolute(rest) }) : value
  }
  /** Each limit, by its title if it has one. */
  function limits(text: string | null) {
    if (text === null) return NONE
    return list([...limitsIn(text)].map(([name, limit]) => listed(limitName(name), amount(limit))))
  }
  function term(field: Difference[number]['field'], value: string | null) {
    if (field === 'limits') return limits(value)
    return field === 'method' && value !== null && te(`methods.${value}`) ? t(`methods.${value}`) : fact(value)
  }
  function row({ field, current, next }: Difference[number]): Row {
    const shown = { field, current: term(field, current), next: term(field, next) }
    // The two times differ only by seconds.
    const isSame = shown.current === shown.next && current !== null && next !== null
    return isSame ? { field, current: time.exact(current), next: time.exact(next) } : shown
  }
  /** Features that are lost are told apart from those that are gained, so that a loss can't hide in a list. */
  function gained({ current, next }: Difference[number]): Row[] {
    const names = namesIn(next).filter(name => !namesIn(current).includes(name))
    return names.length > 0 ? [{ field: 'featuresOn', current: NONE, next: list(names.map(name => featureName(name))) }] : []
  }
  function loss(lost: Loss) {
    switch (lost.kind) {
      case 'features': return listed(t('preview.fields.featuresOff'), list(lost.names.map(name => featureName(name))))
      case 'ends': return listed(t('preview.fields.expiresAt'), t('preview.instead', { current: time.absolute(lost.current), next: time.both(lost.next) }))
      default: {
        const name = lost.kind === 'seats' ? t('preview.fields.seats') : limitName(lost.name)
        return listed(name, t('preview.instead', { current: amount(lost.current), next: amount(lost.next) }))
      }
    }
  }
  /** What would change: what gets less, in a sentence each, and the rest as rows. */
  function changes(difference: Difference) {
    const losses = lossesOf(difference)
    const isLost = (field: string) => losses.some(({ kind }) => (kind === 'ends' && field === 'expiresAt') || (kind === 'seats' && field === 'seats'))
    return {
      losses: losses.map(loss),
      rows: difference.filter(({ field }) => !isLost(field)).flatMap(change => change.field === 'features' ? gained(change) : [row(change)]),
    }
  }
  return { fact, changes }
}
