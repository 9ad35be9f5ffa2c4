import { defineNitroPlugin } from 'nitropack/runtime'
import { getBase } from '../runtime/composition.ts'

/** Says why the process stops, and that it did: the hook runs after the one that closes the license and the database. */
export default defineNitroPlugin((nitro) => {
  let reason = 'closed'
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      reason = signal
      getBase()?.log.info('stopping', { reason })
    })
  }
  nitro.hooks.hook('close', () => {
    const base = getBase()
    base?.refusals.flush()
    base?.log.info('stopped', { reason })
  })
})
