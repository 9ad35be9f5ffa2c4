import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { offlineToken } from '../../support/claims.ts'
import { createSeededRandom } from '../../support/random.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, createGate, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

const ANOTHER_KEY = 'nc_another_key_0123456789'
const change = fc.constantFrom('same key', 'another key', 'airgapped', 'token', 'remove')
type Change = 'same key' | 'another key' | 'airgapped' | 'token' | 'remove'

async function make(changes: Change[], world: World): Promise<void> {
  for (const [index, each] of changes.entries()) {
    const credential = {
      'same key': KEY, 'another key': ANOTHER_KEY, 'airgapped': AIRGAPPED_KEY, 'remove': '',
      'token': offlineToken({ instance_id: world.service.instanceId, seq: index, jti: `jti-${index}` }),
    }[each]
    if (each !== 'remove') await world.service.save({ credential, actor: ADMIN })
    else if (world.service.view('admin').state !== 'unlicensed') await world.service.remove({ actor: ADMIN })
  }
}

describe('a late answer to a check-in', { timeout: 60_000 }, () => {
  it('never overwrites what was saved or removed meanwhile, whatever it says and whether it could be stored', async () => {
    const answers = fc.record({
      before: fc.constantFrom(KEY, AIRGAPPED_KEY), answer: fc.constantFrom('lease', 'verdict', 'failure'),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }), storageAway: fc.boolean(), seed: fc.nat(),
    })
    await fc.assert(fc.asyncProperty(answers, async ({ before, answer, changes, storageAway, seed }) => {
      const world = await createWorld({ random: createSeededRandom(seed) })
      world.vendor.licenses.set(ANOTHER_KEY, licenseAt(world.clock, 'lic_another'))
      await world.service.save({ credential: before, actor: ADMIN })
      const gate = createGate()
      world.vendor.beforeAnswer = gate.pass
      if (answer === 'failure') world.vendor.failing = failure('NET_TIMEOUT')
      const asked = world.vendor.licenses.get(before)
      if (asked && answer === 'verdict') asked.verdict = 'revoked'
      const late = world.service.checkIn(ADMIN).then(() => 'taken', error => error.code)
      await settle()
      if (asked) asked.verdict = null
      Object.assign(world.vendor, { beforeAnswer: null, failing: null })

      await make(changes, world)
      const saved = (await world.store.read()).license
      // Whether the vendor has been told of a removal by then is another matter.
      const shown = () => ({ ...world.service.view('admin'), deactivation: null })
      const view = shown()
      world.store.available = !storageAway
      gate.open()
      expect(await late).toBe('CONFLICT')
      world.store.available = true
      expect((await world.store.read()).license).toEqual(saved)
      await world.tick()
      expect(shown()).toEqual(view)
      await world.boot()
      expect(shown()).toEqual(view)
    }), { numRuns: 150 })
  })
})
