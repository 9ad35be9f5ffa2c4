import { createApp, eventHandler, toNodeListener } from 'h3'
import { describe, expect, it, vi } from 'vitest'
import { answerWithSteps } from '../../../server/http/event-stream.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { createFoldedLog } from '../../../server/runtime/folded-log.ts'
import { seen } from '../../../shared/findings.ts'
import { createHttpEvent, headersOf } from '../../support/http-event.ts'
import { waitFor } from '../../support/open-waits.ts'
import { startServer } from '../../support/vendor-door.ts'

type Work = Parameters<typeof answerWithSteps>[3]

const EVENTS = { accept: 'text/event-stream' }
const twoSteps: Work = async (step) => {
  step({ step: 'checked' })
  step({ step: 'stored' })
  return { state: 'active' }
}

function createLog() {
  const error = vi.fn()
  return { error, log: createFoldedLog({ info: vi.fn(), warn: vi.fn(), error }) }
}

/** Serves one piece of work; `error` has what was logged, and `closed` resolves once the answer is over or its caller gone. */
async function serve(work: Work) {
  const [{ log, error }, closed] = [createLog(), Promise.withResolvers<void>()]
  const url = await startServer(toNodeListener(createApp().use(eventHandler((event) => {
    event.node.res.once('close', closed.resolve)
    return answerWithSteps(event, log, 'step', work)
  }))))
  return { error, closed: closed.promise, ask: (headers: Record<string, string>, signal?: AbortSignal) => fetch(url, { headers, signal: signal ?? null }) }
}

describe('work that takes a while', () => {
  it.each([
    ['text/event-stream'], ['TEXT/EVENT-STREAM; charset=utf-8'], ['application/json;q=0.5, text/event-stream'],
  ])('is told step by step to whoever accepts %s, the result last', async (accept) => {
    const answer = await (await serve(twoSteps)).ask({ accept })
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    expect(await answer.text()).toBe(
      'event: step\ndata: {"step":"checked"}\n\nevent: step\ndata: {"step":"stored"}\n\nevent: done\ndata: {"state":"active"}\n\n')
  })

  it.each([['application/json'], ['*/*'], ['text/event-streams']])('is answered at its end with the result alone where %s is accepted', async (accept) => {
    const answer = await (await serve(twoSteps)).ask({ accept })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.json()).toEqual({ state: 'active' })
  })

  it('is answered before its first step, so that nobody on the way gives up', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const { ask } = await serve(() => promise)
    const answer = await waitFor('the head of the answer', ask(EVENTS))
    resolve('at last')
    expect(await answer.text()).toBe('event: done\ndata: "at last"\n\n')
  })

  it('that fails says why, as an error\'s body, after the steps that it took', async () => {
    const { ask, error } = await serve(async (step) => {
      step('one')
      throw new LicenseError('NET_DNS', { details: { host: 'license.example' } })
    })
    const body = '{"error":true,"statusCode":502,"statusMessage":"NET_DNS","message":"NET_DNS",'
      + '"data":{"code":"NET_DNS","reference":"NCL-201","details":{"host":"license.example"}}}'
    expect(await (await ask(EVENTS)).text()).toBe(`event: step\ndata: "one"\n\nevent: failed\ndata: ${body}\n\n`)
    expect(error).not.toHaveBeenCalled()
  })

  it('that fails says all that was found: only administrators may ask for it', async () => {
    const facts = { proxy: '10.1.2.3:3128', user: 'svc-nocodb', host: 'license.example' }
    const { ask } = await serve(() => Promise.reject(new LicenseError('NET_PROXY', { seen: seen('NET_PROXY', 'proxy_login', facts) })))
    const [, data = ''] = /^data: (.*)$/m.exec(await (await ask(EVENTS)).text()) ?? []
    expect(JSON.parse(data).data.finding.facts).toEqual(facts)
  })

  it('that fails unexpectedly is INTERNAL, its text in the log alone', async () => {
    const { ask, error } = await serve(() => Promise.reject(new TypeError('the secret')))
    const text = await (await ask(EVENTS)).text()
    expect(text).toMatch(/^event: failed\ndata: \{.*"code":"INTERNAL".*\}\n\n$/)
    expect(text).not.toContain('secret')
    expect(error.mock.calls).toEqual([['a request ended unexpectedly', { cause: expect.stringMatching(/^TypeError: the secret/) }]])
  })

  it.each([[{}], [{ accept: 'application/json' }]])('that fails is no event for whoever accepts none: %j', async (headers) => {
    const [event, refusal] = [createHttpEvent({ headers }), new LicenseError('CONFLICT')]
    await expect(answerWithSteps(event, createLog().log, 'step', () => Promise.reject(refusal))).rejects.toBe(refusal)
    expect([headersOf(event), event.handled]).toEqual([{}, false])
  })

  it('runs to its end if nobody listens any more', async () => {
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()]
    const caller = new AbortController()
    const { closed, ask } = await serve(async (step) => {
      begun.resolve()
      await closed
      step('to nobody')
      ended.resolve('stored')
    })
    await ask(EVENTS, caller.signal)
    await waitFor('the work', begun.promise)
    caller.abort()
    expect(await waitFor('the end of the work', ended.promise)).toBe('stored')
  })
})
