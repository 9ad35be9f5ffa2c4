import { READY_PORT, startPostgres } from '../support/postgres-server.ts'

/** Starts the server that all test files of a run share; resolves to what ends it. */
export default async function startOne(): Promise<() => Promise<void>> {
  const server = await startPostgres()
  process.env[READY_PORT] = String(server.port)
  return () => server.remove()
}
