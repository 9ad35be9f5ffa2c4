import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import { expect, it } from 'vitest'
import type { Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { createApiClient } from '../support/api-client.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

/* A client generated from the document that the product serves, by other people's tools. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = `${ROOT}node_modules/.cache/openapi`

/** Not imported as a module: nothing of it compiles before its types are there. */
const DRIVER = new URL('typescript-client/drive.ts', import.meta.url).href
interface Driver { drive(place: { baseUrl: string, setupToken: string, serviceToken: string }): Promise<Set<string>> }

it('a generated TypeScript client compiles, and calls every operation', async () => {
  const licenseServerUrl = (await startOwnLicenseServer()).url
  const product = await startOwnProduct({ licenseServerUrl, env: { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined } })
  const { text } = await createApiClient(product.url).request('GET', '/api/openapi.json')
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${FOLDER}/api-types.d.ts`, astToString(await openapiTS(text)))
  const { stdout, status } = spawnSync(`${ROOT}node_modules/.bin/tsc`, ['--noEmit', '-p', 'tests/api/typescript-client/tsconfig.json'], { cwd: ROOT, encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })

  const setupToken = await until('the set-up link is printed', () => /\/setup#token=([\w-]+)/.exec(product.output())?.[1])
  const { drive }: Driver = await import(DRIVER)
  const called = await drive({ baseUrl: product.url, setupToken, serviceToken: SERVICE_TOKEN })
  const described = Object.values<Operation>(OPERATIONS).flatMap(({ method, path }) => {
    const template = path.replace(/:(\w+)/g, '{$1}')
    return method === 'GET' ? [`GET ${template}`, `HEAD ${template}`] : [`${method} ${template}`]
  })
  expect([...called].toSorted()).toEqual(described.toSorted())
})
