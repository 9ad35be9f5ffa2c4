import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { methodOfKey } from '../../../shared/credential.ts'
import { leaseSchema, TYP } from '../../../server/license/claims.ts'
import type { Method } from '../../../shared/method-rules.ts'
import { METHOD_RULES, METHODS, rulesOf, SAVE_STEPS } from '../../../shared/method-rules.ts'
import { airgappedClaims, offlineClaims, standardClaims } from '../../support/claims.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Where a method may be told by its name, and why nothing else would do. */
const ALLOWED: Readonly<Record<string, string>> = {}

const name = `['"\`](?:${METHODS.join('|')})['"\`]`
const COMPARISON = new RegExp([`[!=]==? *${name}`, `${name} *[!=]==?`, `\\bcase +${name}`, `\\bincludes\\(${name}`].join('|'))

function comparisons(): string[] {
  return globSync(['app/**/*.{ts,vue}', 'server/**/*.ts', 'shared/**/*.ts'], { cwd: root }).flatMap(file =>
    readFileSync(root + file, 'utf8').split('\n').flatMap((line, index) => COMPARISON.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []))
}

describe('what each method does', () => {
  it('is known of every method, in the order in which people are offered them', () => {
    expect([...METHODS].sort()).toEqual(Object.keys(METHOD_RULES).sort())
    expect(METHODS.map(method => rulesOf(method))).toEqual(METHODS.map(method => METHOD_RULES[method]))
    expect([rulesOf(null), rulesOf(undefined)]).toEqual([undefined, undefined])
  })

  it('is asked of the table: no line of the product compares with a method\'s name', () => {
    const allowed = ['shared/method-rules.ts', ...Object.keys(ALLOWED)]
    expect(comparisons().filter(line => !allowed.some(file => line.startsWith(`${file}:`)))).toEqual([])
  })

  it('finds a comparison where there is one', () => {
    for (const line of ['a.method === \'offline\'', '"standard" != method', 'case \'airgapped\':', 'METHODS.includes(\'offline\')']) expect(COMPARISON.test(line), line).toBe(true)
    for (const line of ['method: \'offline\'', 't(\'methods.offline\')', 'if (method === \'GET\')']) expect(COMPARISON.test(line), line).toBe(false)
  })

  it.each(METHODS)('%s is of one piece', (method) => {
    const rules = METHOD_RULES[method]
    // What never calls has nothing to call about; what is a token is there without a call.
    expect(rules.silent && (rules.checksIn || rules.renewsOnRequest || rules.tellsRemovals)).toBe(false)
    const isKey = rules.credential === 'key'
    expect(rules.keyPrefix !== null).toBe(isKey)
    expect(rules.saveSteps).toEqual(SAVE_STEPS.filter(step => isKey || step !== 'contacted'))
    expect(TYP[rules.statement]).toMatch(/^nc-\w+\+jwt$/)
  })

  it('follows from the key, by its longest prefix', () => {
    for (const method of METHODS) {
      const { keyPrefix } = METHOD_RULES[method]
      if (keyPrefix !== null) expect(methodOfKey(`${keyPrefix}x`)).toBe(method)
    }
    expect(methodOfKey('issued-before-there-were-prefixes')).toBe('standard')
  })
})

describe('what a method needs beside its row', () => {
  const claims: Record<Method, object> = { standard: standardClaims(), airgapped: airgappedClaims(), offline: offlineClaims() }

  it.each(METHODS)('%s has a lease, which says when it is swapped if it is', (method) => {
    expect(leaseSchema.parse(claims[method])).toMatchObject({ method })
    expect('check_in' in claims[method]).toBe(METHOD_RULES[method].checksIn)
  })

  it.each(globSync('app/locales/*.json', { cwd: root }))('%s has its words', (file) => {
    const words = Object(JSON.parse(readFileSync(root + file, 'utf8')))
    expect(Object.keys(words.methods)).toEqual(expect.arrayContaining([...METHODS]))
  })

  it('the database takes it', () => {
    const migrations = readFileSync(`${root}server/storage/migrations.ts`, 'utf8')
    for (const method of METHODS) expect(migrations).toContain(`'${method}'`)
  })
})
