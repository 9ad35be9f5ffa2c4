import { defineEventHandler } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { answerSandbox } from './routes.ts'

/** Answers `/__sandbox/` ahead of everything else. */
export default defineNitroPlugin(({ h3App }) => {
  h3App.use('/__sandbox', defineEventHandler(event => answerSandbox(event, event.path.replace(/^\/|\/$|\?.*$/g, ''))))
  const layer = h3App.stack.pop()
  if (layer) h3App.stack.unshift(layer)
})
