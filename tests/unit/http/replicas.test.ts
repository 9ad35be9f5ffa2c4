import { describe, expect, it } from 'vitest'
import type { ReplicaSet, Role } from '../../../shared/contracts.ts'
import { replicaSetOf, replicasOf } from '../../../server/http/replicas.ts'
import type { ReplicaSeen } from '../../../server/runtime/replica-watch.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { openRunningApp } from '../../support/running-app.ts'
import { START } from '../../support/simulated-clock.ts'

const seenOf = (id: string, changes: Partial<ReplicaSeen> = {}): ReplicaSeen => ({
  id, version: '1.0.0', commit: 'abc', started: START, state: 'active', revision: 3, keyDigest: 'a digest', seenAt: START + 7000, holdsClaim: false, ...changes,
})
const watchOf = (...seen: ReplicaSeen[]) => ({ seen: async () => seen })
const away = { seen: async () => { throw new LicenseError('STORAGE_UNAVAILABLE') } }
const ME = seenOf('panel-1', { holdsClaim: true })

/** An application that shares a database whose clock says this. */
async function createApp() {
  const { app } = await openRunningApp()
  return {
    config: { ...app.config, replica: 'panel-1' },
    storage: { ...app.storage, licenses: { ...app.storage.licenses, databaseTime: async () => START + 9000 } },
  }
}

describe('several replicas', () => {
  it('are listed, with who answers and when, and no digest of a key', async () => {
    const view = await replicasOf({ ...await createApp(), replicas: watchOf(ME, seenOf('panel-2')) }, 'viewer')
    const listed = { version: '1.0.0', commit: 'abc', state: 'active', revision: 3, startedAt: new Date(START).toISOString(), lastSeenAt: new Date(START + 7000).toISOString() }
    expect(view).toEqual({
      asOf: new Date(START + 9000).toISOString(), answeredBy: 'panel-1', disagreeAbout: [], remedy: null,
      seen: [{ ...listed, id: 'panel-1', holdsClaim: true }, { ...listed, id: 'panel-2', holdsClaim: false }],
    })
  })

  it.each<[string, Partial<ReplicaSeen>, string[], RegExp]>([
    ['the version, and so the commit', { version: '2.0.0', commit: 'def' }, ['version', 'commit'], /^They run different versions\. Complete the upgrade, [^.]+\.$/],
    ['the build', { commit: 'def' }, ['commit'], /^They run different builds of the same version\. Install [^.]+\.$/],
    ['the key', { keyDigest: null }, ['NC_LICENSE_KEY'], /^NC_LICENSE_KEY is not the same .*\. Set it .*\.$/],
    ['the state, and the build', { state: 'grace', commit: 'def' }, ['commit', 'state'], /^They run different builds .* They would answer differently .*\.$/],
  ])('that disagree about %s are told what to do', async (_, changes, about, remedy) => {
    const view = await replicasOf({ ...await createApp(), replicas: watchOf(ME, seenOf('panel-2', changes)) }, 'admin')
    expect(view).toMatchObject({ disagreeAbout: about, remedy: expect.stringMatching(remedy) })
  })

  it('whose host is named by an address show it to administrators alone', async () => {
    const replicas = watchOf(ME, seenOf('10.1.2.3-5f0c'))
    const { config, ...app } = await createApp()
    const whole = (role: Role) => replicasOf({ ...app, config: { ...config, replica: '10.1.2.3-5f0c' }, replicas }, role)
    const named = (view: ReplicaSet | undefined) => view?.seen.map(({ id }) => id)
    for (const [role, name] of [['admin', '10.1.2.3-5f0c'], ['viewer', '•-5f0c']] as const) {
      const view = await whole(role)
      expect([named(view), view?.answeredBy]).toEqual([['panel-1', name], name])
      expect(named(await replicaSetOf(replicas, role))).toEqual(['panel-1', name])
    }
  })
})

describe('a process that is alone', () => {
  it('has no list of replicas', async () => {
    const app = await createApp()
    expect(await replicasOf({ ...app, replicas: watchOf() }, 'admin')).toBeUndefined()
    expect(await replicasOf({ ...app, replicas: watchOf(ME) }, 'admin')).toBeUndefined()
    expect(await replicasOf({ ...app, replicas: away }, 'admin')).toBeUndefined()
  })

  it('names itself in the support bundle where others could be there', async () => {
    expect((await replicaSetOf(watchOf(ME), 'admin'))?.seen).toMatchObject([{ id: 'panel-1' }])
    expect(await replicaSetOf(watchOf(), 'admin')).toBeUndefined()
    expect(await replicaSetOf(away, 'admin')).toBeUndefined()
  })
})
