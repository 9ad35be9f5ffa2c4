import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BROWSER_ARGS } from '../support/browser/launch.ts'

/* A browser that another program steers by its debugging port. */

export interface DebuggedBrowser {
  port: number
  /** Ends the browser and removes its profile; may be called again. */
  close(): Promise<void>
}

const FLAGS = [
  ...BROWSER_ARGS, '--headless=new', '--remote-debugging-port=0', '--disable-dev-shm-usage', '--disable-extensions',
  '--disable-default-apps', '--no-default-browser-check', '--password-store=basic', '--mute-audio', '--hide-scrollbars',
  '--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider',
]

/** Starts a Chromium on a new profile. Rejects with what it printed when it ends instead. */
export async function startChromium(path: string): Promise<DebuggedBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'nc-license-browser-'))
  const child = spawn(path, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let closing: Promise<void> | undefined
  const close = () => closing ??= (async () => {
    await end(child)
    // Its helper processes may write a moment longer than it lives.
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })()
  try {
    return { port: await debuggingPort(child), close }
  }
  catch (error) {
    await close()
    throw error
  }
}

async function debuggingPort(child: ChildProcess): Promise<number> {
  const { stderr } = child
  if (!stderr) throw new Error('the browser has no output to read')
  const printed: string[] = []
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`the browser ended with ${code}: ${printed.join('\n')}`)))
    createInterface({ input: stderr }).on('line', (line) => {
      printed.push(line)
      const port = /^DevTools listening on ws:\/\/[^/]+:(\d+)\//.exec(line)?.[1]
      if (port) resolve(Number(port))
    })
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(patience)
}
