import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import type { H3Event } from 'h3'
import { setResponseHeaders } from 'h3'
import type { EventView } from '../../shared/contracts.ts'
import type { FoldedLog } from '../runtime/folded-log.ts'
import { csvRecord } from './csv.ts'
import { wantsNoBody } from './head-request.ts'
import { errorBodyOf } from './http-error.ts'

export type ExportFormat = 'csv' | 'json'

/** Reads the page before an id; the newest one for undefined. An empty page is the end. */
export type ReadPage = (before: number | undefined) => Promise<EventView[]>

interface Form { type: string, begin: string, between: string, end: string, of(event: EventView): string }

const COLUMNS = ['id', 'at', 'firstAt', 'count', 'kind', 'actor', 'actorEmail', 'address', 'details', 'finding'] as const

const FORMS: Readonly<Record<ExportFormat, Form>> = {
  // Without the mark at its beginning, Excel does not take the file for UTF-8.
  csv: { type: 'text/csv; charset=utf-8; header=present', begin: `\uFEFF${csvRecord(COLUMNS)}`, between: '', end: '', of: recordOf },
  json: { type: 'application/json', begin: '{"events":[\n', between: ',\n', end: '\n]}\n', of: event => JSON.stringify(event) },
}

/** An event as a CSV record; what has parts of its own is JSON in its cell. */
function recordOf(event: EventView): string {
  return csvRecord(COLUMNS.map((column) => {
    const value = event[column]
    return typeof value === 'object' ? value && JSON.stringify(value) : value
  }))
}

/** The text of an export, one page of events at a time, so that no more than a page is in memory. */
export async function* exportTexts(format: ExportFormat, read: ReadPage): AsyncGenerator<string, void> {
  const { begin, between, end, of } = FORMS[format]
  let page = await read(undefined)
  yield begin + page.map(of).join(between)
  for (let last = page.at(-1); last; last = page.at(-1)) {
    // Lets other requests have their turn: a local database answers at once.
    await setImmediate()
    page = await read(last.id)
    if (page.length > 0) yield between + page.map(of).join(between)
  }
  if (end) yield end
}

/**
 * Sends an export as a download. Throws what reading the first page throws; whatever fails later ends the connection, so that
 * nobody takes half of it for the whole.
 */
export async function sendExport(event: H3Event, log: Pick<FoldedLog, 'error'>, { format, name, read }: { format: ExportFormat, name: string, read: ReadPage }): Promise<void> {
  const texts = exportTexts(format, read)
  const first = await texts.next()
  setResponseHeaders(event, {
    'content-type': FORMS[format].type, 'content-disposition': `attachment; filename="${name}.${format}"`,
  })
  const { req, res } = event.node
  if (res.destroyed) return
  if (wantsNoBody(req)) {
    res.end()
    return
  }
  try {
    await pipeline(Readable.from(continued(first, texts)), res)
  }
  catch (error) {
    if (!hasLeft(error)) errorBodyOf(error, log)
    res.destroy()
  }
}

async function* continued(first: IteratorResult<string, void>, rest: AsyncGenerator<string, void>): AsyncGenerator<string, void> {
  if (!first.done) yield first.value
  yield* rest
}

/** Whether the client has gone, which is no failure of ours. */
function hasLeft(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
