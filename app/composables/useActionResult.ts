import { computed, nextTick, onBeforeUnmount, ref, watch } from 'vue'
import type { Failure } from '~/api/failure'
import type { Busy } from '~/stores/license'
import { useLicenseStore } from '~/stores/license'

interface Options {
  status: () => { focus: () => void, keepFailureInSight: () => void } | null
  field: () => { keepFailureInSight: () => void } | null
  /** The field may be gone since: the license is managed by the environment, or the account is a viewer's now. */
  isFieldOpen: () => boolean
}

/** Tells what an action came to where it was taken: beside the status or at the field. */
export function useActionResult({ status, field, isFieldOpen }: Options) {
  const license = useLicenseStore()
  const notice = ref('')
  const isWarning = ref(false)
  /** What the notice is about. */
  const did = ref<Busy>(null)
  /** Where the last action was taken: its failure is shown there. */
  const place = ref<'status' | 'field'>('field')
  const isToldInStatus = computed(() => place.value === 'status' || !isFieldOpen())

  function begin(where: 'status' | 'field') {
    place.value = where
    notice.value = ''
  }
  /** What failed is told where it was done; the rest of the page may have moved meanwhile. */
  async function keepInView() {
    await nextTick()
    const card = isToldInStatus.value ? status() : field()
    card?.keepFailureInSight()
  }
  /** Says what was done beside the status, and moves the focus there: the button that was used may be gone. */
  async function report(action: Busy, done: string, warning = false) {
    did.value = action
    notice.value = done
    isWarning.value = warning
    await nextTick()
    status()?.focus()
  }
  function tellInField(failure: Failure | null) {
    place.value = 'field'
    license.actionFailure = failure
    license.steps = []
  }
  // A success is told only for as long as it is true.
  watch([() => license.view?.state, () => license.view?.finding?.cause], () => { notice.value = '' })
  onBeforeUnmount(() => { license.actionFailure = null })
  return { notice, did, isWarning, place, isToldInStatus, begin, keepInView, report, tellInField }
}
