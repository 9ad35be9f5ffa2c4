/* What tests are waiting for at this moment, for whoever has to say why one of them hangs. */

interface Wait { what: string, since: number, seen: (() => string) | undefined }
const open = new Set<Wait>()

/** Waits for the work under a name; `seen` says what has been seen so far. */
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

/** The same with an end: rejects with the name and what was seen after `ms`. */
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

/** A line for each wait that has not come to its end. */
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

/** Adds to the error of a test that ran out of time what it was still waiting for. */
export function nameOpenWaits(error: { message: string }): void {
  if (/timed out/.test(error.message) && open.size > 0) error.message += `\n${openWaits().join('\n')}`
}
