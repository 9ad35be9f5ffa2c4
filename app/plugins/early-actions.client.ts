import { breathe } from '~/first-paint/breathe'
import { carryOutKept, enter, readEntered } from '~/first-paint/early-actions'

/** Gives back, once the page can be used, what was done on it before. */
export default defineNuxtPlugin(async (nuxtApp) => {
  await breathe()
  const fields = readEntered()
  nuxtApp.hook('app:suspense:resolve', async () => {
    for (const [field, value] of fields.splice(0)) enter(field, value)
    await nextTick()
    carryOutKept()
  })
})
