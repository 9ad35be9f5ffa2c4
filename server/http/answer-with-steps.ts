import type { H3Event } from 'h3'
import { streamEvents, wantsEvents } from './event-stream.ts'
import type { FoldedLog } from '../runtime/folded-log.ts'
import { errorBodyOf } from './http-error.ts'

/**
 * Takes work that reports its progress; answers its result as JSON, or, where the client asks for it, as server-sent
 * events: one `name` per step, then `done` with the result or `failed` with the error body.
 */
export async function answerWithSteps<Result>(
  event: H3Event, log: FoldedLog, name: string, work: (step: (data: unknown) => void) => Promise<Result>,
): Promise<Result | undefined> {
  if (!wantsEvents(event)) return work(() => undefined)
  await streamEvents(event, async (send) => {
    try {
      send('done', await work(data => send(name, data)))
    }
    catch (error) {
      send('failed', errorBodyOf(error, log))
    }
  })
  return undefined
}
