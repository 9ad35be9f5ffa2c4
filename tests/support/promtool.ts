import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Unpacked rather than installed, because the package would start a service. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/prometheus', import.meta.url))
const UNPACKED = join(FOLDER, 'usr/bin/promtool')
const GET = '(apt-get download -qq prometheus || (apt-get update -qq && apt-get download -qq prometheus)) && dpkg -x prometheus_*.deb .'

/** The path of promtool, Prometheus' own linter, fetched from Debian if need be; undefined, with the reason printed, if unavailable. */
export function findPromtool(): string | undefined {
  const installed = spawnSync('promtool', ['--version']).status === 0 ? 'promtool' : undefined
  if (installed ?? existsSync(UNPACKED)) return installed ?? UNPACKED
  mkdirSync(FOLDER, { recursive: true })
  const { status, stderr } = spawnSync('sh', ['-c', GET], { cwd: FOLDER, encoding: 'utf8', timeout: 300_000 })
  if (existsSync(UNPACKED)) return UNPACKED
  console.warn(`Skipped: the metrics are judged by promtool of Debian's package prometheus, which cannot be had here (${status}: ${stderr?.trim().split('\n').at(-1)}).`)
  return undefined
}
