import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const LICENSE_SERVER = fileURLToPath(new URL('../../license-server/main.ts', import.meta.url))

/** An offline token as the vendor's people make it: by one command, then sent by mail, wrapped at 76 columns. */
export async function issueByCommand(instanceId: string, ...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    LICENSE_SERVER, 'issue', '--method', 'offline', '--instance', instanceId, ...options,
  ])
  return stdout.trim().replace(/(.{76})/g, '$1\r\n')
}

/** The Instance ID that a start has printed, as `grep "Instance ID"` finds it. */
export function idInLog(output: string): string {
  return /Instance ID: ([0-9a-f]{32})/.exec(output)?.[1] ?? 'none in the log'
}
