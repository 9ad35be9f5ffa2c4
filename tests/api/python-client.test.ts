import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { findOrInstall } from '../support/debian-packages.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

/* The document read by another language, and by another implementation of JSON Schema. */

const DRIVER = fileURLToPath(new URL('python-client/drive.py', import.meta.url))
/** The Python that Debian's packages are for. */
const PYTHON = '/usr/bin/python3'
const python = findOrInstall('python3-jsonschema', () => spawnSync(PYTHON, ['-c', 'import jsonschema']).status === 0 ? PYTHON : undefined)

it.skipIf(!python)('a client made from the document in Python calls every operation', async () => {
  const licenseServerUrl = (await startOwnLicenseServer()).url
  const product = await startOwnProduct({ licenseServerUrl, env: { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined } })
  const setupToken = await until('the set-up link is printed', () => /\/setup#token=([\w-]+)/.exec(product.output())?.[1])
  const { stdout } = await promisify(execFile)(PYTHON, [DRIVER, product.url, setupToken, SERVICE_TOKEN])
  const described = Object.entries<Operation>(OPERATIONS).flatMap(([name, { method }]) => method === 'GET' ? [name, `${name}Head`] : [name])
  expect(JSON.parse(stdout)).toEqual(described.toSorted())
})
