import { describe, expect, it } from 'vitest'
import { issueFromArguments } from './issue.ts'

const INSTANCE = 'a1'.repeat(16)
const ORDER = ['--method', 'offline', '--instance', INSTANCE]

async function claimsOf(...args: string[]): Promise<unknown> {
  const issued = await issueFromArguments(args)
  if ('problems' in issued) throw new Error(issued.problems.join('; '))
  return JSON.parse(Buffer.from(issued.token.split('.')[1] ?? '', 'base64url').toString())
}

describe('a token issued on the command line', () => {
  it('is for the installation, with the usual terms', async () => {
    expect(await claimsOf(...ORDER)).toMatchObject({ method: 'offline', instance_id: INSTANCE, plan: 'enterprise', seats: 25 })
  })

  it('has the terms that were ordered, in either way of writing an option', async () => {
    expect(await claimsOf(...ORDER, '--seats', 'unlimited', '--plan=team', '--limits', 'limit_workspace=5,limit_editor=unlimited', '--organization=--A'))
      .toMatchObject({ seats: null, plan: 'team', limits: { limit_workspace: 5, limit_editor: null }, licensee: { organization: '--A' } })
  })

  it.each([
    ['an option that is not known', ['--colour', 'red'], ['--colour: is not known here']],
    ['an option by the name of a prototype', ['--__proto__', 'x'], ['--__proto__: is not known here']],
    ['a wrong value, and an unknown option beside it', ['--days', '0', '--colour=red'], ['--days: must be a whole number from 1 to 7305', '--colour: is not known here']],
    ['an option without a value', ['--days', '--plan', 'team'], ['--days: needs a value']],
    ['an option without a value at the end', ['--days'], ['--days: needs a value']],
    ['an option twice', ['--days', '1', '--days', '2'], ['--days: is given more than once']],
    ['what is no option', ['-x', 'red'], ['-x: is no option', 'red: is no option']],
  ])('is refused with %s', async (_, args, problems) => {
    expect(await issueFromArguments([...ORDER, ...args])).toEqual({ problems })
  })

  it('is refused without an installation', async () => {
    expect(await issueFromArguments(['--method', 'offline'])).toEqual({ problems: ['--instance: is required'] })
  })
})
