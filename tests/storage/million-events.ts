import { CompiledQuery, type Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { selectEvents } from '../../server/storage/event-log.ts'
import { kindsOf } from '../../shared/contracts.ts'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import type { Database } from '../../server/storage/schema.ts'
import type { EventPage } from '../../server/license/ports.ts'
import type { Backend } from './contract.ts'

/** A kind of database whose plans can be read. */
export interface PlanBackend extends Backend {
  /** The database itself, beside the storage and without its time limits. */
  connect(url: string): Kysely<Database>
  /** Returns the steps in which the database would answer the query now. */
  plan(db: Kysely<Database>, query: CompiledQuery): Promise<string[]>
  /** The one good plan: back through the primary key, or through the index by kind, from where the page begins. */
  walks: { all: string[], kind: string[] }
}

const MILLION = 1_000_000
/** Three removals; failures once, none since: what makes a planner believe that any stretch of the log has some. */
const INSERT = `insert into events (id, kind, at, first_at, count, actor, actor_email, address, details)
  with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${MILLION})
  select n, case when n % 333333 = 1 and n > 1 then 'removed' when n <= 450000 then 'check_in_failed' else 'check_in_succeeded' end,
    n, n, 1, 'system', null, null, '{}' from numbers`

/** Whether a step of a plan reads the log. */
const isWalk = (step: string) => / events\b/.test(step)

const downFrom = (id: number) => Array.from({ length: 50 }, (_, index) => id - index)
const PAGES: [string, EventPage, number[]][] = [
  ['the first page', { limit: 50 }, [MILLION, 999_999, ...downFrom(999_998).slice(0, 48)]],
  ['a page deep inside', { limit: 50, before: 500_000 }, downFrom(499_999)],
  ['a rare kind', { limit: 50, kind: 'removed' }, [MILLION, 666_667, 333_334]],
  ['a rare kind deep inside', { limit: 50, kind: 'removed', before: 500_000 }, [333_334]],
  ['a frequent kind', { limit: 50, kind: 'check_in_succeeded' }, downFrom(999_999)],
  ['a frequent kind that has long not come up', { limit: 50, kind: 'check_in_failed' }, downFrom(450_000)],
  ['that kind deep inside', { limit: 50, kind: 'check_in_failed', before: 200_000 }, downFrom(199_999)],
  ['a kind that never came up', { limit: 50, kind: 'verdict' }, []],
  ['a group', { limit: 50, kind: 'check_ins' }, downFrom(999_999)],
  ['a group where one kind ends and another begins', { limit: 50, kind: 'check_ins', before: 450_026 }, downFrom(450_025)],
  ['a rare group', { limit: 50, kind: 'license' }, [MILLION, 666_667, 333_334]],
]

/** Runs on one kind of database: what the activity log costs does not grow with it. */
export function describeMillionEvents(title: string, backend: PlanBackend): void {
  describe(title, () => {
    let storage: Storage
    let db: Kysely<Database>
    const run = (statement: string) => db.executeQuery(CompiledQuery.raw(statement))

    beforeAll(async () => {
      const url = await backend.freshUrl()
      storage = await openStorage({ url, baseDir: '/' })
      db = backend.connect(url)
      await run(INSERT)
    })
    afterAll(async () => {
      await storage.close()
      await db.destroy()
    })

    it.each(PAGES)('%s is right', async (_, page, ids) => {
      expect((await storage.licenses.listEvents(page)).map(event => event.id)).toEqual(ids)
    })

    // Statistics change plans; SQLite has none unless somebody asks, PostgreSQL gathers them by and by.
    describe.each(['before', 'after'])('%s the database has looked at what is in it', (when) => {
      beforeAll(async () => {
        if (when === 'after') await run('analyze events')
      })

      it.each(PAGES)('%s is read without sorting or searching', async (_, page) => {
        const steps = await backend.plan(db, selectEvents(db, page).compile())
        const walk = page.kind ? backend.walks.kind : backend.walks.all
        const kinds = page.kind ? kindsOf(page.kind) : []
        // Of a group, no more is sorted than a page of each kind; PostgreSQL numbers the walks.
        if (kinds.length > 1) expect(steps.filter(isWalk).map(step => step.replace(/ events_\d$/, ''))).toEqual(kinds.flatMap(() => walk.filter(isWalk)))
        else expect(steps).toEqual(walk)
      })
    })
  })
}

