import type { z } from 'zod'

/** What is wrong with an input, one sentence a problem; each begins with the member it is about, as `nameOf` writes it. */
export function problemsOf({ issues }: z.ZodError, nameOf: (path: string) => string = path => path || 'body'): string[] {
  return issues.flatMap((issue) => {
    const inside = (member: string) => nameOf([...issue.path, member].join('.'))
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map(member => `${inside(member)}: is not known here`)
      : [`${nameOf(issue.path.join('.'))}: ${issue.message}`]
  })
}
