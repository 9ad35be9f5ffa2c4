import { breathe } from '~/first-paint/breathe'
import { carryOutKept, enter, readEntered } from '~/first-paint/early-actions'

/** Restores what was entered and replays what was clicked before hydration, once the page can be used. */
export default defineNuxtPlugin(async (nuxtApp) => {
  await breathe()
  const fields = readEntered()
  nuxtApp.hook('app:suspense:resolve', async () => {
    for (const [field, value] of fields.splice(0)) enter(field, value)
    await carryOutKept()
  })
})
