import { useRuntimeConfig } from 'nitropack/runtime'
import { version } from '#license-build'
import { handle } from '../http/handle.ts'
import { openApiDocument } from '../http/openapi.ts'

const document = openApiDocument(version, useRuntimeConfig().app.baseURL)

export default handle('openapi', () => document)
