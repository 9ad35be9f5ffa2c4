import { defineNitroPlugin } from 'nitropack/runtime'
import { guardsOf } from '../http/guards.ts'
import { getBase } from '../runtime/app.ts'

/**
 * Logs why the process stops, and that it has. This hook runs after that of start.ts, which closes the license and the database.
 */
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
    if (!base) return
    base.refusals.flush()
    guardsOf(base).refusedTokens.flush()
    base.log.info('stopped', { reason })
  })
})
