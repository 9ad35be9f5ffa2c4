import { handle } from '../../http/handle.ts'
import { withSentences } from '../../runtime/sentences.ts'

export default handle('rehearse', ({ app: { license }, body }) => withSentences(license.rehearse(body)))
