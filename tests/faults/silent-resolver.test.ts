import { describe, expect, it } from 'vitest'
import type { DiagnosticStage } from '../../shared/contracts.ts'
import { textOf } from '../../shared/findings.ts'
import { expectFailedCheckIn, expectFailedSave } from '../support/kept-installation.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct, timed, until } from '../support/stand.ts'
import type { ApiClient } from '../support/api-client.ts'
import { startProduct } from '../support/product-process.ts'
import { canReplaceResolver, replacedBy, startResolver } from './resolver/resolver.ts'
import { tally } from '../support/tally.ts'

/* The production process where names are asked of a resolver that hears every question and answers none. */

/** Starts an installation that was activated before its resolver fell silent. */
async function startActivated(wrapper: string[]) {
  const good = await startProduct({ licenseServerUrl: (await startOwnLicenseServer()).url })
  expect((await (await signInSoon(good)).save('nc_demo_standard')).body.state).toBe('active')
  await good.stop()
  const product = await startOwnProduct({ licenseServerUrl: 'https://license-server.example', dataDir: good.dataDir, wrapper })
  return { product, client: await signInSoon(product) }
}

async function diagnose(client: ApiClient): Promise<DiagnosticStage[]> {
  return (await client.request<{ stages: DiagnosticStage[] }>('POST', '/api/license/diagnostics', {})).body.stages
}

describe.skipIf(!canReplaceResolver())('a resolver that says nothing', () => {
  it('F30: is told as such within ten seconds, by a save, a check-in and diagnostics, and the license is kept', async () => {
    const resolver = await startResolver('silent')
    const { client } = await startActivated(replacedBy(resolver))
    const found = {
      code: 'NET_DNS', reference: 'NCL-201', cause: 'dns_silent', stage: 'dns',
      facts: expect.objectContaining({ host: 'license-server.example', resolvers: resolver.address }),
    }
    expect(await timed(() => expectFailedSave(client, 'NET_DNS'))).toBeLessThan(15_000)
    // At a start the next try follows within seconds, and counts as well.
    expect(await timed(async () => expect(await expectFailedCheckIn(client, 'NET_DNS')).toBeGreaterThanOrEqual(1))).toBeLessThan(15_000)
    expect(await timed(async () => {
      const failed = (await diagnose(client)).find(({ result }) => result === 'failed')
      expect(failed).toMatchObject({ stage: 'dns', code: 'NET_DNS', remedy: expect.stringMatching(/reach them on port 53/), finding: found })
      // A resolver that said nothing is not one that failed.
      expect(failed?.finding && textOf(failed.finding)).toBe('dns_silent')
    })).toBeLessThan(15_000)
    const view = await client.license()
    expect(view).toMatchObject({ state: 'active', entitled: true, finding: found })
    expect(view.finding && textOf(view.finding)).toBe('dns_silent')
    expect(new Set(resolver.asked)).toEqual(new Set(['license-server.example']))
    tally({ row: 'F30', tried: 3 })
  })

  it('F30, F68: does not keep the process from ending within ten seconds, not even where there are two of them', async () => {
    const [first, second] = [await startResolver('silent'), await startResolver('silent')]
    const { product, client } = await startActivated(replacedBy(first, second))
    const saving = client.save('nc_demo_standard').catch(() => undefined)
    await until('a resolver is asked', () => first.asked.length > 0)
    const elapsed = await timed(async () => expect(await product.stop()).toBe(0))
    expect(elapsed).toBeLessThan(10_000)
    await saving
    tally({ row: 'F68', tried: 1 })
  })

  it('F30: leaves enough time for the next one, which knows the name', async () => {
    const [silent, good] = [await startResolver('silent'), await startResolver('answers')]
    const { client } = await startActivated(replacedBy(silent, good))
    const dns = (await diagnose(client)).find(({ stage }) => stage === 'dns')
    expect(dns).toMatchObject({ result: 'ok', facts: { host: 'license-server.example', addresses: '127.0.0.1' } })
    expect(silent.asked).not.toEqual([])
    await expectFailedSave(client, 'NET_CONNECT')
    const failed = (await diagnose(client)).find(({ result }) => result === 'failed')
    expect(failed?.finding).toMatchObject({ code: 'NET_CONNECT', cause: 'refused', stage: 'tcp', facts: { host: 'license-server.example', port: 443 } })
    tally({ row: 'F30', tried: 2 })
  })
})
