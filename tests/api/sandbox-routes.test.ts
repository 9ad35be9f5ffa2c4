import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LicenseView } from '../../shared/contracts.ts'
import { STATES } from '../../shared/contracts.ts'
import type { FindingCause } from '../../shared/findings.ts'
import { FINDING_CAUSES, isFindingCause } from '../../shared/findings.ts'
import { requestRaw } from '../support/raw-request.ts'
import type { Sandbox } from '../testing-kit/index.ts'
import { startSandbox } from '../testing-kit/index.ts'

/* What a sandbox build answers under /__sandbox/: every state and every finding in one call. */

let sandbox: Sandbox
beforeAll(async () => { sandbox = await startSandbox() })
afterAll(() => sandbox.stop())

const post = (path: string, body: unknown, headers: Record<string, string> = {}) => fetch(`${sandbox.panel.url}/__sandbox/${path}`, {
  method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
})

/** What a person with this session is answered who pastes this. */
async function causeOfPaste(paste: string, { name, value }: { name: string, value: string }): Promise<unknown> {
  const answer = await fetch(`${sandbox.panel.url}/api/license`, {
    method: 'PUT', headers: { 'content-type': 'application/json', 'cookie': `${name}=${value}` }, body: JSON.stringify({ credential: paste }),
  })
  return Object((await answer.json()).data).finding?.cause
}

const causeShown = ({ finding }: LicenseView) => finding?.cause

describe('a seed', () => {
  it.each(STATES)('brings %s about', async (state) => {
    const { license, entitled, instanceId } = await sandbox.panel.seed({ state })
    expect(license.state).toBe(state)
    expect(entitled).toBe(state === 'active' || state === 'grace')
    expect(instanceId).toBe(sandbox.panel.instanceId)
  })

  it.each(['airgapped', 'offline'] as const)('knows what cannot be of an %s license, and says so', async (method) => {
    expect((await sandbox.panel.seed({ method })).license).toMatchObject({ state: 'active', method })
    expect((await sandbox.panel.seed({ method, state: 'expired' })).license).toMatchObject({ state: 'expired', method })
    const refused = await post('seed', { method, state: 'grace' })
    expect([refused.status, await refused.json()]).toEqual([400, { error: `This cannot be: a license with the method ${method} has no check-ins, so it is never grace.` }])
  })

  it.each(Object.keys(FINDING_CAUSES).filter(isFindingCause))('brings about the finding %s, or says what to paste for it', async (finding: FindingCause) => {
    const { license, paste, cookie } = await sandbox.panel.seed({ finding })
    const found = paste === null ? causeShown(license) : cookie && await causeOfPaste(paste, cookie)
    // Diagnostics alone may tell who is behind an answer; the page has the words for it either way.
    expect(found).toBe(finding)
  })

  it.each(['airgapped', 'offline'] as const)('sets a clock wrong so that an installation with the method %s can know it', async (method) => {
    for (const finding of ['clock_ahead', 'clock_behind'] as const) {
      expect(causeShown((await sandbox.panel.seed({ finding, method })).license)).toBe(finding)
    }
  })

  it.each(['ended', 'not_yet_valid'] as const)('means %s by the panel\'s own time', async (finding) => {
    const { paste, cookie } = await sandbox.panel.seed({ finding, now: '2024-02-29T12:00:00Z' })
    expect(cookie && await causeOfPaste(paste ?? '', cookie)).toBe(finding)
  })

  it.each(['admin', 'viewer'] as const)('signs a %s in', async (role) => {
    const { cookie, account } = await sandbox.panel.seed({ role })
    const session = await fetch(`${sandbox.panel.url}/api/auth/session`, { headers: { cookie: `${cookie?.name}=${cookie?.value}` } })
    expect(await session.json()).toMatchObject({ user: { email: account?.email, role } })
  })

  it('is the same again for the same number, moment and Instance ID', async () => {
    const wanted = { state: 'grace', now: '2026-05-04T10:00:00Z', frozen: true, random: 7, instanceId: '0123456789abcdef'.repeat(2) } as const
    const [first, again] = [await sandbox.panel.seed(wanted), await sandbox.panel.seed(wanted)]
    expect({ ...again.license, revision: 0 }).toEqual({ ...first.license, revision: 0 })
    expect(first.license.serverTime).toBe('2026-05-04T10:00:00.000Z')
  })
})

describe('the routes', () => {
  it.each([
    ['advance', {}, 400], ['advance', { seconds: -1 }, 400], ['seed', { colour: 'red' }, 400], ['outage', { cause: 'capitals' }, 400], ['fly', {}, 404],
  ])('refuse %s %j with a sentence', async (path, body, status) => {
    const answer = await post(path, body)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toEqual({ error: expect.stringMatching(/^[A-Z].*\.$/) })
  })

  it('are closed to pages of other sites', async () => {
    expect((await post('reset', {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await post('reset', {}, { origin: 'https://elsewhere.example' })).status).toBe(403)
    const { port } = new URL(sandbox.panel.url)
    // A name of somebody else's that leads here: to the browser it is one site.
    const rebound = await requestRaw(Number(port), '/__sandbox/reset', [
      `Host: elsewhere.example:${port}`, `Origin: http://elsewhere.example:${port}`, 'Sec-Fetch-Site: same-origin', 'Content-Length: 0',
    ], 'POST')
    expect(rebound.status).toBe(403)
  })

  it('tell nobody a password that somebody has set', async () => {
    expect(JSON.stringify(await sandbox.panel.seed())).not.toContain(sandbox.panel.account.password)
  })

  it('begin again with nobody signed in and nothing stored', async () => {
    const { cookie } = await sandbox.panel.seed({ state: 'active' })
    expect((await sandbox.panel.reset()).state).toBe('unlicensed')
    expect((await fetch(`${sandbox.panel.url}/api/auth/session`, { headers: { cookie: `${cookie?.name}=${cookie?.value}` } })).status).toBe(401)
  })
})
