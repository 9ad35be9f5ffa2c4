import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Diagnostics, Preview } from '../../shared/contracts.ts'
import type { PasteCause } from '../../shared/paste/cause-of-text.ts'
import type { ApiClient } from '../support/api-client.ts'
import { signIn } from '../support/api-client.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { expectError } from '../support/expect-error.ts'
import { restart, signInSoon, sleep, startOwnProduct } from '../support/stand.ts'

/** Only signs tokens here; the product is pointed at a port that counts connections and knows nothing else. */
let vendor: LicenseServerProcess
let connections = 0
let listenerUrl = ''
const listener = createServer((socket) => {
  connections++
  socket.on('error', () => undefined).destroy()
})

beforeAll(async () => {
  vendor = await startLicenseServer()
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  listenerUrl = `http://127.0.0.1:${Object(listener.address()).port}`
})
afterAll(async () => {
  listener.close()
  await vendor.stop()
})

async function startOffline() {
  connections = 0
  const options = { licenseServerUrl: listenerUrl }
  const product = await startOwnProduct(options)
  const client = await signInSoon(product)
  const { instanceId } = await client.license()
  const issue = (claims: Record<string, unknown> = {}) => vendor.control.issueToken({ instance_id: instanceId, claims })
  return { options, product, client, instanceId, issue }
}

/** With an offline license in force, what is no credential is told apart here. */
async function expectNothingSent(client: ApiClient, token: string, instanceId: string): Promise<void> {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const mistakes: [string, PasteCause][] = [
    [header, 'part_of_token'], [payload, 'part_of_token'], [signature, 'part_of_token'], ['License keync_demo_standard', 'words_around'],
    ['nc_demo_standardnc_demo_standard', 'two_credentials'], ['nc_demo_standardnc_ag_demo_airgapped', 'two_credentials'],
    [instanceId, 'instance_id_pasted'], ['ABCD-1234-EFGH', 'offline_in_force'], [token.slice(0, -8), 'token_cut'],
  ]
  for (const [credential, cause] of mistakes) {
    const saved = await client.save(credential)
    expect([saved.status, saved.error?.details?.cause]).toEqual([422, cause])
    const previewed = await client.request<Partial<Preview>>('POST', '/api/license/preview', { credential })
    expect(previewed.error?.details?.cause ?? previewed.body.error?.details?.cause).toBe(cause)
  }
  expect(connections).toBe(0)
}

describe('an offline license', () => {
  it('F43 never makes a call: save, question, diagnostics, restart, crash, removal', async () => {
    const { options, product, client, instanceId, issue } = await startOffline()
    const token = await issue()
    const { status, body: view } = await client.save(token)
    expect(status).toBe(200)
    expect(view).toMatchObject({ state: 'active', entitled: true, method: 'offline', maskedKey: null, checkIn: null, graceEndsAt: null, renews: null, instanceId, boundTo: instanceId })

    const { body: { verdict, stages } } = await client.request<Diagnostics>('POST', '/api/license/diagnostics', {})
    expect(verdict).toBe('nothing_tested')
    expect(stages.map(({ stage, result }) => `${stage} ${result}`)).toEqual([
      'storage ok', ...['configuration', 'dns', 'proxy', 'tcp', 'tls', 'http', 'clock'].map(stage => `${stage} skipped`),
    ])
    expect(stages.filter(({ result }) => result === 'skipped').map(({ because }) => because)).toEqual(Array.from({ length: 7 }, () => 'no_calls'))
    expectError(await client.checkIn(), 'NO_CALLS_FOR_OFFLINE')

    const again = await restart(product, options)
    expect(await client.license()).toMatchObject({ state: 'active', entitled: true, licenseId: view.licenseId, instanceId })
    await again.kill()
    const third = await startOwnProduct({ ...options, dataDir: product.dataDir })
    const survivor = await signIn(third.url)
    expect(await survivor.license()).toMatchObject({ state: 'active', entitled: true, licenseId: view.licenseId, instanceId })
    expect((await survivor.remove()).body.state).toBe('unlicensed')
    await sleep(500)
    expect(connections).toBe(0)
  })

  it('is previewed check by check without a call and without a change, then replaced by a renewed token', async () => {
    const { client, issue } = await startOffline()
    await client.save(await issue())
    const before = await client.license()
    const token = await issue({ exp: Math.floor(Date.now() / 1000) + 900 * 86_400, seats: 500 })
    const { body: preview } = await client.request<Preview>('POST', '/api/license/preview', { credential: token })
    expect(preview).toMatchObject({ method: 'offline', accepted: true, error: null, sends: null })
    expect(preview.checks.every(({ status }) => status === 'pass')).toBe(true)
    expect(preview.difference).toContainEqual({ field: 'seats', current: '25', next: '500' })
    expect(preview.difference?.map(({ field }) => field)).not.toContain('plan')
    const unchanged = await client.license()
    expect(unchanged).toEqual({ ...before, serverTime: unchanged.serverTime })

    const { body: after } = await client.save(token, before.revision)
    expect(after).toMatchObject({ state: 'active', seats: 500 })
    expect(Date.parse(after.expiresAt ?? '')).toBeGreaterThan(Date.parse(before.expiresAt ?? ''))
    expect(connections).toBe(0)
  })

  it('F20 the same token again changes nothing; an older one is refused, also after removal', async () => {
    const { client, issue } = await startOffline()
    const [older, newer] = [await issue(), await issue()]
    const { body: saved } = await client.save(newer)
    const again = await client.save(newer)
    expect(again.status).toBe(200)
    expect(again.body).toEqual({ ...saved, serverTime: again.body.serverTime })
    expectError(await client.save(older), 'TOKEN_OLDER_THAN_CURRENT')
    await client.remove()
    expectError(await client.save(older), 'TOKEN_OLDER_THAN_CURRENT')
    expect((await client.save(newer)).body.state).toBe('active')
  })

  it('F19 a token for another installation names both, in the preview too', async () => {
    const { client, instanceId } = await startOffline()
    const elsewhere = '0123456789abcdef'.repeat(2)
    const token = await vendor.control.issueToken({ instance_id: elsewhere })
    const answer = await client.save(token)
    expectError(answer, 'BOUND_TO_DIFFERENT_INSTALLATION')
    expect(answer.error?.details).toMatchObject({ expected: instanceId, found: elsewhere })
    const { body: preview } = await client.request<Preview>('POST', '/api/license/preview', { credential: token })
    expect(preview).toMatchObject({ accepted: false, error: { code: 'BOUND_TO_DIFFERENT_INSTALLATION', reference: 'NCL-107' } })
    expect(preview.checks).toContainEqual({ name: 'instance', status: 'fail', expected: instanceId, found: elsewhere })
    expect((await client.license()).state).toBe('unlicensed')
  })

  it('ends with its term, and a new token brings it back', async () => {
    const { client, issue } = await startOffline()
    expect((await client.save(await issue({ exp: Math.floor(Date.now() / 1000) + 20 }))).body).toMatchObject({ state: 'active', entitled: true })
    const expired = await client.waitFor(({ state }) => state === 'expired', 60_000)
    expect(expired.entitled).toBe(false)
    expect((await client.request<{ features: string[] }>('GET', '/api/entitlements')).body.features).toEqual([])
    expect((await client.save(await issue())).body).toMatchObject({ state: 'active', entitled: true })
    expect(connections).toBe(0)
  })

  it('F05 a token is read as mail programs break it', async () => {
    const { client, instanceId, issue } = await startOffline()
    const wrapped = `\uFEFF${(await issue()).replace(/(.{76})/g, '$1\r\n')}\r\n`
    expect((await client.save(wrapped)).body.state).toBe('active')
    expectError(await client.save(`"${await issue()}"`), 'CREDENTIAL_MALFORMED')
    await expectNothingSent(client, await issue(), instanceId)
    expectError(await client.save((await issue()).replace(/(.{76})/g, '$1=\r\n')), 'CREDENTIAL_MALFORMED')
  })

  it('the text for the vendor holds the Instance ID and asks for no more', async () => {
    const { client, instanceId } = await startOffline()
    const { body } = await client.request<{ instanceId: string, maskedKey: string | null, version: string, text: string }>('GET', '/api/license/activation-request')
    expect(body).toMatchObject({ instanceId, maskedKey: null })
    expect(body.text).toContain(`Instance ID: ${instanceId}`)
    expect(body.text).toContain(body.version)
  })
})
