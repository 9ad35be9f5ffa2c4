import { createHash } from 'node:crypto'

/** An answer as JSON. */
export interface Serialized {
  text: string
  /** Of everything in it but `serverTime`, which is different every time and says nothing about the license. */
  readonly etag: string
}

interface Made<T> { answer: T, before: string, after: string, etag?: string }

const TIME = '"serverTime":"'

/** Turns answers into JSON, and does so anew only when one differs from the last in more than its `serverTime`. */
export function createSerializer<T extends { serverTime: string }>(): (answer: T) => Serialized {
  let made: Made<T> | undefined
  let last: { answer: T, serialized: Serialized } | undefined

  function serialize(answer: T): Serialized {
    if (!made || !isSame(made.answer, answer)) made = make(answer)
    const { before, after } = made
    const known = made
    return { text: before + answer.serverTime + after, get etag() { return known.etag ??= etagOf(known.answer) } }
  }

  return (answer) => {
    if (last?.answer !== answer) last = { answer, serialized: serialize(answer) }
    return last.serialized
  }
}

/** Members are compared one by one, those that hold others by whether they are the same object. */
function isSame<T extends object>(one: T, other: T): boolean {
  for (const name in other) if (name !== 'serverTime' && one[name] !== other[name]) return false
  return true
}

function make<T extends { serverTime: string }>(answer: T): Made<T> {
  const { serverTime } = answer
  const text = JSON.stringify(answer)
  // A quote within a text is escaped, so this is the member itself.
  const at = text.indexOf(`${TIME}${serverTime}"`) + TIME.length
  return { answer, before: text.slice(0, at), after: text.slice(at + serverTime.length) }
}

function etagOf<T extends { serverTime: string }>({ serverTime: _, ...lasting }: T): string {
  return `"${createHash('sha256').update(JSON.stringify(lasting)).digest('base64url').slice(0, 27)}"`
}
