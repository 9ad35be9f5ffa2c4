import { version } from '#license-build'
import { handle } from '../utils/handle.ts'
import { openApiDocument } from '../utils/openapi.ts'

const document = openApiDocument(version)

export default handle('openapi', () => document)
