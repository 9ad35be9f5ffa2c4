import { describe, expect, it } from 'vitest'
import { errorBodyOf } from '../../../server/http/http-error.ts'
import { createFoldedLog } from '../../../server/runtime/folded-log.ts'
import { routeConsole } from '../../../server/runtime/guard-process.ts'
import { createLog, stackOf } from '../../../server/runtime/log.ts'
import type { LogOptions } from '../../../server/runtime/log.ts'
import { currentRequest, inRequest, nameAccount, requestIdOf } from '../../../server/runtime/request-context.ts'

function logged(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLog({ format: 'json', ...options, write: line => void lines.push(line) })
  return { log, lines, entries: () => lines.map(line => JSON.parse(line)) }
}

describe('the level', () => {
  it.each([['debug', 4], ['info', 3], ['warn', 2], ['error', 1]] as const)('%s leaves out what is below it', (level, count) => {
    const { log, lines } = logged({ level })
    for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name](name)
    expect(lines).toHaveLength(count)
  })

  it.each(['debug', 'error'] as const)('%s keeps what somebody must find', (level) => {
    const { log, entries } = logged({ level })
    log.announce('Instance ID: 1')
    expect(entries()).toMatchObject([{ level: 'info', msg: 'Instance ID: 1' }])
  })
})

describe('a line', () => {
  it('names the process in JSON', () => {
    const { log, entries } = logged({ replica: 'host-1a2b' })
    log.info('hello', { a: 1 })
    expect(entries()).toEqual([{ level: 'info', time: expect.any(String), replica: 'host-1a2b', a: 1, msg: 'hello' }])
  })

  it('carries the request that is served, and who asks once that is known, across whatever it waits for', async () => {
    const { log, entries } = logged({ context: () => ({ ...currentRequest() }) })
    await Promise.all(['one', 'two'].map(requestId => inRequest({ requestId }, async () => {
      await new Promise(resolve => setImmediate(resolve))
      log.info('before')
      nameAccount(`user of ${requestId}`)
      await new Promise(resolve => setImmediate(resolve))
      log.info('after')
    })))
    log.info('outside')
    expect(entries().map(({ msg, requestId, by }) => [msg, requestId, by])).toEqual([
      ['before', 'one', undefined], ['before', 'two', undefined], ['after', 'one', 'user of one'], ['after', 'two', 'user of two'],
      ['outside', undefined, undefined],
    ])
  })

  it('about somebody else than who asks names the one it is about', () => {
    const { log, entries } = logged({ context: () => ({ requestId: 'one', by: 'who asks' }) })
    log.info('about another', { by: 'another' })
    expect(entries()).toMatchObject([{ requestId: 'one', by: 'another' }])
  })

  it.each(['error', 'err', 'cause'])('for a person shows a field named %s in its place, and nothing unprintable', (name) => {
    const { log, lines } = logged({ format: 'pretty' })
    log.error('the database cannot be used', { [name]: 'connect ECONNREFUSED', code: 'ECONNREFUSED' })
    expect(lines).toEqual([expect.stringMatching(/ ERROR: the database cannot be used \{.*connect ECONNREFUSED.*\}\n$/)])
    expect(lines[0]).not.toContain('\ufffd')
  })

  it('of an error holds its stack as one readable line', () => {
    expect(stackOf(new Error('broken'))).toMatch(/^Error: broken < at .*log\.test\.ts.* < at /)
    expect(stackOf('text')).toBe('text')
  })
})

describe('the id of a request', () => {
  it.each(['a', 'abc-DEF_1.2', 'x'.repeat(64)])('%j is taken from a proxy that is trusted, and from nobody else', (id) => {
    expect(requestIdOf(id, true)).toBe(id)
    expect(requestIdOf(id, false)).toMatch(/^[\da-f]{16}$/)
  })
  it.each(['', 'x'.repeat(65), 'a b', 'a\nb', 'ä', '<b>', undefined, ['a', 'b'].join()])('%j is replaced', (id) => {
    expect(requestIdOf(id, true)).toMatch(/^[\da-f]{16}$/)
  })
  it('is never that of another, however many there are', () => {
    const ids = Array.from({ length: 2_000 }, () => requestIdOf(undefined, false))
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('what a stranger can cause', () => {
  it('is two lines from one flush to the next, however often', () => {
    const { log, entries } = logged()
    const folded = createFoldedLog(log)
    for (let minute = 0; minute < 3; minute++) {
      for (let tried = 0; tried < 1000; tried++) folded.warn('refused', { address: `192.0.2.${tried % 250}` })
      folded.flush()
    }
    expect(entries().map(({ address, repeated }) => address ?? repeated)).toEqual(['192.0.2.0', 999, '192.0.2.0', 999, '192.0.2.0', 999])
    folded.warn('refused', {})
    folded.flush()
    expect(entries()).toHaveLength(7)
  })

  it('a request that fails, sent ever again, is one stack and a number', () => {
    const { log, entries } = logged()
    const folded = createFoldedLog(log)
    for (let sent = 0; sent < 500; sent++) errorBodyOf(new TypeError(`defect ${sent}`), folded)
    folded.flush()
    expect(entries().map(({ level, msg, cause, repeated }) => ({ level, msg, cause, repeated }))).toEqual([
      { level: 'error', msg: 'a request ended unexpectedly', cause: expect.stringMatching(/^TypeError: defect 0 < at /) },
      { level: 'error', msg: 'a request ended unexpectedly', repeated: 499 },
    ])
  })
})

describe('the console', () => {
  it('leads into the log; the stack of an expected error does not', () => {
    const { log, entries } = logged()
    const target: Partial<Console> = {}
    routeConsole(log, createFoldedLog(log), target)
    target.log?.('Listening on %s', 'x')
    const expected = Object.assign(new Error('503'), { data: { code: 'STORAGE_UNAVAILABLE', reference: 'NCL-315' } })
    for (let page = 0; page < 50; page++) target.error?.('[request error] [fatal] [GET] http://x/admin/license\n', expected)
    target.error?.('[request error] [unhandled] [GET] http://x/\n', new TypeError('defect'))
    expect(entries().map(({ level, msg, code, cause }) => ({ level, msg, code, cause }))).toEqual([
      { level: 'info', msg: 'Listening on x' },
      { level: 'warn', msg: 'a page could not be shown', code: 'STORAGE_UNAVAILABLE' },
      { level: 'error', msg: '[request error] [unhandled] [GET] http://x/', cause: expect.stringMatching(/^TypeError: defect < at /) },
    ])
  })

  it('shows the stack of a defect also where the page has been told that it is one, each time', () => {
    const { log, entries } = logged()
    const target: Partial<Console> = {}
    routeConsole(log, createFoldedLog(log), target)
    const defect = (what: string) => Object.assign(new TypeError(what), { data: { code: 'INTERNAL' } })
    for (const what of ['one', 'two']) target.error?.('[request error]\n', defect(what))
    expect(entries().map(({ level, cause }) => [level, cause])).toEqual([
      ['error', expect.stringMatching(/^TypeError: one < at /)], ['error', expect.stringMatching(/^TypeError: two < at /)],
    ])
  })
})
