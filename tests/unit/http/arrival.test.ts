import { describe, expect, it } from 'vitest'
import { enterBasePath, noteAtDebug, setCommonHeaders } from '../../../server/http/arrival.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import { createBase } from '../../support/running-app.ts'

describe('the line that a request leaves at debug', () => {
  it.each(['HEAD', 'GET'])('says what was asked, not what became of it: %s', (method) => {
    const { base, lines } = createBase({ NC_LOG_LEVEL: 'debug', NC_PUBLIC_URL: 'https://nocodb.example.com/license/' })
    const event = createHttpEvent({ method, path: '/license/api/license?secret=canary', headers: { host: 'panel.example' } })
    noteAtDebug(event, base)
    enterBasePath(event, base.config.basePath, base)
    setCommonHeaders(event, base)
    event.node.res.emit('close')
    expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([{ level: 'debug', method, path: '/license/api/license' }])
  })
})

describe('a malformed header', () => {
  it.each([':::', 'a b', 'x:99999', ''])('of the host is replaced however often it comes: %j', (host) => {
    for (let nth = 0; nth < 3; nth++) {
      const event = createHttpEvent({ headers: { host } })
      setCommonHeaders(event, undefined)
      expect(event.node.req.headers.host).toBe('localhost')
    }
  })

  it('of a forwarded host is dropped however often it comes', () => {
    for (let nth = 0; nth < 3; nth++) {
      const event = createHttpEvent({ headers: { 'host': ':::', 'x-forwarded-host': ':::' } })
      setCommonHeaders(event, undefined)
      expect(event.node.req.headers).not.toHaveProperty('x-forwarded-host')
    }
  })
})
