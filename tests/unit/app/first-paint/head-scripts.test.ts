import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, it } from 'vitest'
import { EARLY_SCRIPT } from '../../../../app/first-paint/head-scripts.ts'

type Listener = (event: unknown) => void
type Kind = 'textarea' | 'text' | 'radio' | 'select' | 'button' | 'submit' | 'form'

let listeners: Map<string, Listener>
let dataset: Record<string, string>
let window: { takeEarlyActions?: () => unknown[] }
beforeEach(() => {
  listeners = new Map()
  dataset = {}
  window = {}
  const document = {
    addEventListener: (type: string, listener: Listener) => listeners.set(type, listener),
    removeEventListener: (type: string, listener: Listener) => listeners.get(type) === listener && listeners.delete(type),
    documentElement: { dataset },
  }
  runInNewContext(EARLY_SCRIPT, { document, window })
})

interface Target {
  kind: Kind
  type: string
  value: string
  form: Target | null
  matches: (selector: string) => boolean
  closest: (selector: string) => Target | null
}

/** What the script asks of an element. */
function elementOf(kind: Kind, value = '', form: Target | null = null): Target {
  const element: Target = {
    kind, value, form, type: kind,
    matches: selector => (selector.includes('textarea') && (kind === 'textarea' || kind === 'text'))
      || (selector.includes('select') && (kind === 'select' || kind === 'radio')),
    closest: selector => (selector === 'form' ? kind === 'form' : kind === 'button' || kind === 'submit') ? element : null,
  }
  return element
}
/** Lets it happen; says whether anybody else could notice, and whether the browser would do what it does by itself. */
function happen(type: string, target: Target): { isNoticed: boolean, isDone: boolean } {
  const outcome = { isNoticed: true, isDone: true }
  listeners.get(type)?.({
    type, target, preventDefault: () => { outcome.isDone = false }, stopPropagation: () => { outcome.isNoticed = false },
  })
  return outcome
}
const isPending = () => 'pending' in dataset

describe('before the page can be used', () => {
  it.each<[string, string, Kind, boolean]>([
    ['a click on a button', 'click', 'button', true], ['a submit', 'submit', 'form', true],
    ['typing', 'input', 'textarea', false], ['a choice', 'change', 'select', false], ['a choice among buttons', 'change', 'radio', false],
  ])('%s is kept, and only what is to be carried out later marks the page as pending', (_what, type, kind, pending) => {
    const target = elementOf(kind, 'x')
    expect(happen(type, target)).toEqual({ isNoticed: type === 'change', isDone: !pending })
    expect(isPending()).toBe(pending)
    expect(window.takeEarlyActions?.()).toEqual([[target, pending ? undefined : 'x']])
  })

  it('a click on what submits a form is its submit, once', () => {
    const form = elementOf('form')
    happen('click', elementOf('submit', '', form))
    happen('submit', form)
    expect(window.takeEarlyActions?.()).toEqual([[form, undefined]])
  })

  it('what was typed last counts', () => {
    const field = elementOf('text', 'a')
    happen('input', field)
    field.value = 'ab'
    happen('input', field)
    expect(window.takeEarlyActions?.()).toEqual([[field, 'ab']])
  })

  it('a click beside every button does what it does', () => {
    expect(happen('click', elementOf('text'))).toEqual({ isNoticed: true, isDone: true })
    expect([isPending(), window.takeEarlyActions?.()]).toEqual([false, []])
  })
})

it('once it is taken over, the page is no longer marked as pending, and nothing is kept from anybody', () => {
  happen('click', elementOf('button'))
  window.takeEarlyActions?.()
  expect([isPending(), listeners.size]).toEqual([false, 0])
})
