import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { regexesIn, superlinearOn } from '../../support/regex-probe.ts'
import { tally } from '../../support/tally.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const fileOf = (where: string) => where.replace(/:\d+$/, '')
// The app runs on the server too, whenever it renders a page.
const { found, made } = regexesIn(ROOT, ['server', 'shared', 'app'])
/** Put together at run time: each needs a sample of what it becomes, so that it is tried like the others. */
const SAMPLES: Readonly<Record<string, RegExp>> = { 'server/plugins/start-after-paint.ts': /\bsrc="([^"]*)"/ }
/** Read nothing from outside: the head and the scripts of pages that the server itself renders, in which every < of data is escaped. */
const OWN_OUTPUT = ['server/plugins/start-after-paint.ts']
const PATIENCE = { timeout: 300_000 }

describe('the search for slow regular expressions', PATIENCE, () => {
  it.each([/\s+$/, /^(a+)+$/, /^(?:\w|\d)*;$/, /\/+$/, /"(?:[^"\\]|\\.)*"/g, /(?:x[\w-]+=)+;/, /^[\d.]+[\d]+[.\d]+:$/])('F76: finds that %s is one', (regex) => {
    expect(superlinearOn(regex)).toEqual(expect.any(String))
  })

  it('F76: reads every regular expression of the source', () => {
    expect(found.length).toBeGreaterThan(25)
    expect(found.map(({ where }) => fileOf(where))).toEqual(expect.arrayContaining([...OWN_OUTPUT, 'app/license/reminder.ts', 'app/components/license/OfflineRequest.vue', 'shared/paste/judge-paste.ts', 'shared/paste/cause-of-text.ts', 'server/license/strict-json.ts', 'server/http/peer.ts']))
    expect(made.map(({ where }) => fileOf(where))).toEqual(Object.keys(SAMPLES))
  })
})

describe('on hostile input of growing length', PATIENCE, () => {
  const named = [...found.filter(({ where }) => !OWN_OUTPUT.includes(fileOf(where))), ...Object.entries(SAMPLES).map(([where, regex]) => ({ where, regex })),
    { where: 'zod, z.email()', regex: z.regexes.email }, { where: 'zod, z.iso.datetime()', regex: z.regexes.datetime({}) }]
  it.each(named)('F76: $where takes linear time: $regex', ({ regex }) => {
    expect(superlinearOn(regex)).toBeNull()
    tally({ row: 'F76', tried: 1 })
  })
})
