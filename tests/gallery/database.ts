import { DatabaseSync } from 'node:sqlite'
import { leave } from '../support/browser/fixtures.ts'
import type { Stage } from './scene.ts'

/** Starts the product anew on a database in which `sql` has changed something meanwhile. */
export async function startOnChanged({ page, product, launch }: Stage, sql: string): Promise<void> {
  await leave(page)
  await product.stop()
  const database = new DatabaseSync(product.databaseFile)
  database.exec(sql)
  database.close()
  await launch.restart(product)
}

/** Changes something in the database of the product while it runs. */
export function changeDatabase({ product }: Stage, sql: string): void {
  const database = new DatabaseSync(product.databaseFile)
  database.exec(sql)
  database.close()
}

/** Starts the product anew as after a reboot: for how long the machine was off is unknown, so that its clock may be right. */
export function startAfterReboot(stage: Stage): Promise<void> {
  return startOnChanged(stage, 'UPDATE installation SET trusted_boot = \'the boot before\'')
}

/** Keeps anybody else from writing until the scene has been looked at. */
export function lockDatabase({ product, atEnd }: Stage): void {
  const database = new DatabaseSync(product.databaseFile)
  database.exec('PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE')
  atEnd(() => database.close())
}
