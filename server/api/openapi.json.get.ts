import { useRuntimeConfig } from 'nitropack/runtime'
import { version } from '#license-build'
import { handle } from '../utils/handle.ts'
import { openApiDocument } from '../utils/openapi.ts'

const document = openApiDocument(version, useRuntimeConfig().app.baseURL)

export default handle('openapi', () => document)
