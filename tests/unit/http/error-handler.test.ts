import type { H3Error } from 'h3'
import { createError, createEvent } from 'h3'
import { describe, expect, it } from 'vitest'
import errorHandler from '../../../server/http/error-handler.ts'
import { setBase } from '../../../server/runtime/app.ts'
import { createBase } from '../../support/running-app.ts'
import { startServer } from '../../support/vendor-door.ts'

const PAGE = 'the error page'
const HTML = { accept: 'text/html,application/xhtml+xml' }

interface Request { path?: string, headers?: Record<string, string>, answered?: string }

/** Starts the process; returns what it logs. */
function start() {
  const { base, lines } = createBase()
  setBase(base)
  return lines
}

/** How a request is answered that the framework ends with an error: by this handler, or by the error page after it. */
async function answerTo(error: H3Error, { path = '/api/nothing', headers = {}, answered }: Request = {}) {
  const url = await startServer(async (request, response) => {
    const event = createEvent(request, response)
    if (answered !== undefined) response.end(answered)
    await errorHandler(error, event)
    if (!event.handled) response.end(PAGE)
  })
  const response = await fetch(`${url}${path}`, { headers })
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() }
}

describe('an error that the framework raises', () => {
  it.each<[string, Parameters<typeof createError>[0], number, string]>([
    ['a path that nobody serves', { statusCode: 404, statusMessage: 'Cannot find any path matching /api/nothing.' }, 404, 'NOT_FOUND'],
    ['a method that nobody serves', { statusCode: 405 }, 405, 'HTTP_METHOD'],
    ['a request that it cannot read', { statusCode: 400 }, 400, 'VALIDATION'],
    ['any other refusal', { statusCode: 418 }, 400, 'VALIDATION'],
    ['a failure', { statusCode: 500 }, 500, 'INTERNAL'],
    ['a failure further on', { statusCode: 502 }, 500, 'INTERNAL'],
    ['what nobody caught, whatever its status', { statusCode: 404, unhandled: true }, 500, 'INTERNAL'],
    ['a refusal of ours, passed on', { statusCode: 500, unhandled: true, data: { code: 'FORBIDDEN' } }, 403, 'FORBIDDEN'],
    ['a code that is none of ours', { statusCode: 404, data: { code: 'toString' } }, 404, 'NOT_FOUND'],
    ['data without a code', { statusCode: 404, data: 'FORBIDDEN' }, 404, 'NOT_FOUND'],
  ])('is answered as one of ours, without its words: %s', async (_, error, status, code) => {
    const answer = await answerTo(createError(error))
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    expect(JSON.parse(answer.text)).toEqual({
      error: true, statusCode: status, statusMessage: code, message: code, data: { code, reference: expect.stringMatching(/^NCL-\d{3}$/) },
    })
  })

  it('leaves its stack in our log, and nothing of it in the answer', async () => {
    const lines = start()
    const wrapped = await answerTo(createError({ statusCode: 500, cause: new TypeError('the secret') }))
    const bare = await answerTo(createError('the other secret'))
    expect(`${wrapped.text}${bare.text}`).not.toContain('secret')
    // Folded: the second of a minute is a count.
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      { msg: 'a request ended unexpectedly', cause: expect.stringMatching(/^TypeError: the secret < at /) },
    ])
  })

  it('is in our log by itself where it has no cause', async () => {
    const lines = start()
    await answerTo(createError('the secret'))
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([{ cause: expect.stringMatching(/^Error: the secret < at /) }])
  })

  it('is no stack in the framework\'s log unless it is unexpected', async () => {
    const flags = { fatal: true, unhandled: true }
    const [refusal, failure] = [createError({ ...flags, data: { code: 'CONFLICT' } }), createError(flags)]
    for (const error of [refusal, failure]) await answerTo(error)
    expect(refusal).toMatchObject({ fatal: false, unhandled: false })
    expect(failure).toMatchObject(flags)
  })

  it('changes nothing of an answer that was already sent', async () => {
    expect(await answerTo(createError({ statusCode: 500 }), { answered: 'all there was to say' })).toMatchObject({ status: 200, text: 'all there was to say' })
  })
})

describe('an error while a person waits for a page', () => {
  it.each([['/'], ['/admin/license'], ['/admin/api/x'], ['/apiary'], ['/metricsque'], ['/admin/_x']])('is left to the error page: %s', async (path) => {
    expect(await answerTo(createError({ statusCode: 404 }), { path, headers: HTML })).toMatchObject({ status: 200, text: PAGE })
  })

  it.each([
    ['/api'], ['/api/'], ['/api/users'], ['//api/users'], ['/metrics'], ['/metrics/x'], ['/_nuxt/entry.js'], ['/__nuxt_error'], ['//_nuxt/x'],
  ])('is ours where no page can be: %s', async (path) => {
    expect((await answerTo(createError({ statusCode: 404 }), { path, headers: HTML })).text).toContain('"NOT_FOUND"')
  })

  it.each([['application/json'], ['*/*'], ['text/htmlx'], ['image/png']])('is ours for whoever accepts no page: %s', async (accept) => {
    expect((await answerTo(createError({ statusCode: 404 }), { path: '/admin/license', headers: { accept } })).text).toContain('"NOT_FOUND"')
  })

  it('is left to the error page while that is being rendered', async () => {
    expect((await answerTo(createError({ statusCode: 404 }), { path: '/__nuxt_error', headers: { 'x-nuxt-error': 'true' } })).text).toBe(PAGE)
  })
})
