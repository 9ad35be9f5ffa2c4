import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../support/free-port.ts'

/* The yardstick for a whole application: Nuxt of the same version with one page and one route. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const EMPTY_PAGE = '<template><p>Hello</p></template>\n'

/** With one button of ant-design-vue, and the marks by which the License page is waited for. */
export const BUTTON_PAGE = `<script setup>
import { Button } from 'ant-design-vue'
const open = ref(false)
</script>
<template>
  <header><Button :aria-expanded="open" @click="open = !open">Menu</Button></header>
  <p data-testid="license-state">Hello</p>
</template>
`

export interface EmptyServer { url: string, pid: number, stop(): Promise<unknown> }

export interface EmptyApplication {
  /** The folder of what was built. */
  output: string
  start(): Promise<EmptyServer>
  remove(): void
}

/** Builds an application with this page in a folder of its own. */
export function buildEmptyApplication(page: string): EmptyApplication {
  const folder = mkdtempSync(join(tmpdir(), 'bench-empty-'))
  mkdirSync(join(folder, 'server/api'), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const files = {
    'package.json': '{ "private": true, "type": "module" }',
    'nuxt.config.ts': 'export default defineNuxtConfig({ compatibilityDate: \'2026-11-01\', telemetry: false })\n',
    'app.vue': page,
    'server/api/hello.get.ts': 'export default defineEventHandler(() => ({ hello: true }))\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const env = { ...process.env, NUXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'node_modules/nuxt/bin/nuxt.mjs'), 'build'], { cwd: folder, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the empty application could not be built: ${stderr}`)
  const output = join(folder, '.output')
  return { output, start: () => start(join(output, 'server/index.mjs')), remove: () => rmSync(folder, { recursive: true }) }
}

async function start(file: string): Promise<EmptyServer> {
  const port = await freePort()
  const child = spawn(process.execPath, [file], { env: { NODE_ENV: 'production', PORT: String(port), HOST: '127.0.0.1' }, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  while (!await fetch(`${url}/api/hello`).then(({ ok }) => ok, () => false)) await sleep(50)
  return {
    url, pid: child.pid ?? 0,
    stop: () => {
      const ended = once(child, 'exit')
      child.kill()
      return ended
    },
  }
}
