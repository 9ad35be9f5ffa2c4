import type { EventHandler } from 'h3'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import removeLicense from '../../../server/api/license/index.delete.ts'
import saveLicense from '../../../server/api/license/index.put.ts'
import putBack from '../../../server/api/license/previous.post.ts'
import type { Operation } from '../../../shared/operations.ts'
import { OPERATIONS } from '../../../shared/operations.ts'
import { offlineToken } from '../../support/claims.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import { openRunningApp } from '../../support/running-app.ts'
import { KEY } from '../../support/simulated-vendor.ts'

/* Whoever decides on what a page shows must not overwrite what somebody else has saved since. */

const TOKEN = 'an-admin-token-of-more-than-32-characters'
const ROWS: Record<string, { handler: EventHandler, body?: object }> = {
  saveLicense: { handler: saveLicense, body: { credential: KEY } },
  putBack: { handler: putBack },
  removeLicense: { handler: removeLicense },
}

/** An administrator's script, and a key that took a token's place. */
async function createScene() {
  const { app: { license } } = await openRunningApp({ NC_ADMIN_TOKEN: TOKEN })
  const token = offlineToken({ instance_id: license.instanceId, sub: 'lic_token' })
  for (const credential of [token, KEY]) await license.save({ credential, actor: { kind: 'system' } })
  return {
    view: () => license.view('admin'),
    async call(handler: EventHandler, body: object) {
      const event = createHttpEvent({ method: 'POST', headers: { authorization: `Bearer ${TOKEN}` }, body })
      const answer: unknown = await handler(event)
      const { code, details }: { code?: unknown, details?: unknown } = Object(Object(answer).data)
      return { status: event.node.res.statusCode, code, details }
    },
  }
}

describe('a revision', () => {
  it('can be named wherever the license is changed on somebody\'s word', () => {
    const named = Object.entries<Operation>(OPERATIONS).filter(([, { body }]) => body instanceof z.ZodObject && 'revision' in body.shape)
    expect(named.map(([name]) => name).sort()).toEqual(Object.keys(ROWS).sort())
  })

  it.each(Object.entries(ROWS).flatMap(([name, row]) => [-1, 1].map(off => ({ name, off, ...row }))))(
    'that is not the present one ($off) is refused, and changes nothing: $name', async ({ off, handler, body }) => {
      const { view, call } = await createScene()
      const before = view()
      const answer = await call(handler, { ...body, revision: before.revision + off })
      expect(answer).toEqual({ status: 409, code: 'CONFLICT', details: { revision: before.revision } })
      expect(view()).toEqual({ ...before, serverTime: view().serverTime })
    })

  it.each(Object.entries(ROWS))('that is the present one, or none, is not: %s', async (_name, { handler, body }) => {
    for (const named of [true, false]) {
      const { view, call } = await createScene()
      const { revision } = view()
      expect((await call(handler, named ? { ...body, revision } : { ...body })).status).toBe(200)
      expect(view().revision).toBeGreaterThan(revision)
    }
  })
})
