import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { keepDraft, takeDraft } from '../../../../app/license/draft.ts'

let kept: Map<string, string>
beforeEach(() => {
  kept = new Map()
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => kept.set(name, text), removeItem: (name: string) => kept.delete(name),
  })
})
afterEach(() => vi.unstubAllGlobals())

it('is given back once, to whoever typed it', () => {
  keepDraft('one', 'nc_key')
  expect([takeDraft('one'), takeDraft('one')]).toEqual(['nc_key', ''])
})

it.each(['two', undefined])('is gone once %s has come', (account) => {
  keepDraft('one', 'nc_key')
  expect([takeDraft(account), takeDraft('one'), kept.size]).toEqual(['', '', 0])
})

it.each(['not JSON', '{}', '["one"]', '["one",7]'])('is nothing if it is %s', (text) => {
  kept.set('license-draft', text)
  expect(takeDraft('one')).toBe('')
})

it('is nothing where nothing can be kept', () => {
  vi.stubGlobal('sessionStorage', undefined)
  keepDraft('one', 'nc_key')
  expect(takeDraft('one')).toBe('')
})
