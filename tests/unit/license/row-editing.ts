import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { offlineToken } from '../../support/claims.ts'
import type { Installation } from '../../support/installation.ts'
import { save } from '../../support/installation.ts'
import { AIRGAPPED_KEY, KEY } from '../../support/simulated-vendor.ts'
import { createSqliteWorld } from '../../support/world.ts'

/* Edits a database with SQL, behind the product's back, for the tests named edited-*. */

export const METHODS = ['standard', 'airgapped', 'offline'] as const
type Method = (typeof METHODS)[number]
export type Edit = (database: DatabaseSync) => void
export type EditedWorld = Awaited<ReturnType<typeof createSqliteWorld>>

/** What the administrator pastes; `nth` numbers the token, where it is one. */
export function credentialOf({ service: { instanceId } }: EditedWorld, method: Method, nth: number): string {
  const token = offlineToken({ instance_id: instanceId, seq: nth, jti: `jti-${nth}` })
  return { standard: KEY, airgapped: AIRGAPPED_KEY, offline: token }[method]
}

export async function licensed(method: Method): Promise<EditedWorld> {
  const world = await createSqliteWorld()
  await save(world, credentialOf(world, method, 1))
  return world
}

export function editRows({ databaseFile }: EditedWorld, edit: Edit): void {
  const database = new DatabaseSync(databaseFile)
  edit(database)
  database.close()
}

export function expectInvalid(world: Installation): void {
  expect(world.service.view('admin')).toMatchObject({ state: 'invalid', entitled: false, licenseId: null, plan: null, features: [] })
  expect(world.service.hasFeature('sso')).toBe(false)
  expect(world.service.entitlements(true)).toMatchObject({ state: 'invalid', entitled: false, features: [], lease: null })
}
