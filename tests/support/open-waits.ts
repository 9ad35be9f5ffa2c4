/* Keeps track of what tests are waiting for, to explain why one of them hangs. */

interface Wait { what: string, since: number, seen: (() => string) | undefined }
const open = new Set<Wait>()

/** Awaits work under a name; `seen` reports what has been seen so far. */
export async function waitFor<T>(what: string, work: Promise<T>, seen?: () => string): Promise<T> {
  const wait: Wait = { what, since: performance.now(), seen }
  open.add(wait)
  try {
    return await work
  }
  finally {
    open.delete(wait)
  }
}

/** The same with a time limit: rejects after `ms` with the name and what was seen. */
export async function waitAtMost<T>(ms: number, what: string, work: Promise<T>, seen?: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(describe({ what, since: performance.now() - ms, seen }))), ms)
  })
  try {
    return await waitFor(what, Promise.race([work, late]), seen)
  }
  finally {
    clearTimeout(timer)
  }
}

/** A line for each wait still open. */
export function openWaits(): string[] {
  return [...open].map(describe)
}

function describe({ what, since, seen }: Wait): string {
  const said = seen?.() ?? ''
  return `waited ${Math.round((performance.now() - since) / 100) / 10} s for ${what}${said === '' ? '' : `; seen so far:\n${said}`}`
}

/** The last lines of a process's output. */
export function lastLines(output: string, count = 20): string {
  return output.trimEnd().split('\n').slice(-count).join('\n')
}

/** Adds to a timed-out test's error what it was still waiting for. */
export function nameOpenWaits(error: { message: string }): void {
  if (/timed out/.test(error.message) && open.size > 0) error.message += `\n${openWaits().join('\n')}`
}
