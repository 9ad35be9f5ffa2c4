import { createServer } from 'node:http'
import { createApp, defineEventHandler, setResponseHeader, setResponseStatus, toNodeListener } from 'h3'

/* The yardstick: h3 and nothing else, always the same answer. Started as `bare-server.ts <status> <body>`. */

const [status = '200', body = ''] = process.argv.slice(2)

const app = createApp().use(defineEventHandler((event) => {
  setResponseStatus(event, Number(status))
  if (body === '') return null
  setResponseHeader(event, 'content-type', 'application/json')
  return body
}))
const server = createServer(toNodeListener(app)).listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`)
})
