import { defineEventHandler } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { answerSandbox } from './routes.ts'

/** Answers `/__sandbox/` ahead of everything else. */
export default defineNitroPlugin(({ h3App }) => {
  // Started by a test: it never outlives it, even one that was killed.
  if (process.connected) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  h3App.use('/__sandbox', defineEventHandler(event => answerSandbox(event, event.path.replace(/^\/|\/$|\?.*$/g, ''))))
  const layer = h3App.stack.pop()
  if (layer) h3App.stack.unshift(layer)
})
