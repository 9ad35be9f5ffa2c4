import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Told } from './silence/stories.ts'
import { tally } from '../support/tally.ts'

/*
 * The production process in a network namespace that it has for itself: loopback alone, which every route
 * leads to, so that a look-up or a call to any address on earth is a packet that the kernel counts. It is asked through a Unix
 * socket, so that nothing else is.
 */

const NAMESPACE = ['ip link set lo up', 'ip addr add 10.99.0.2/32 dev lo', 'ip route add default dev lo src 10.99.0.2'].join(' && ')
const STORIES = fileURLToPath(new URL('silence/stories.ts', import.meta.url))

function hasNamespaces(): boolean {
  const { status, stderr, error } = spawnSync('unshare', ['-n', 'sh', '-c', NAMESPACE], { encoding: 'utf8' })
  if (status === 0) return true
  console.warn(`Skipped: tests of a silent network need a network namespace, which needs root: ${(stderr || String(error)).trim()}`)
  return false
}

interface Stories { withListener: Told, withRealAddress: Told, standardKey: Told, airgapped: Told & { requests: string[] } }
const SILENT = { packets: 0, tcpOpens: 0, udpDatagrams: 0 }

describe.skipIf(!hasNamespaces())('a license without calls', () => {
  let stories: Stories
  beforeAll(async () => {
    const child = spawn('unshare', ['-n', 'sh', '-c', `${NAMESPACE} && exec "$0" "$@"`, process.execPath, STORIES], { stdio: ['ignore', 'pipe', 'inherit'] })
    let told = ''
    child.stdout.on('data', (chunk: Buffer) => { told += chunk.toString() })
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    stories = Object(JSON.parse(told))
    console.log(told.trim())
  }, 600_000)

  it.each(['withListener', 'withRealAddress'] as const)('F43: an offline one sends not one packet, in any state, diagnostics included (%s)', (name) => {
    const { sent, states, connections, steps } = stories[name]
    expect(states).toEqual(['active', 'expired', 'active', 'active', 'active', 'unlicensed', 'active'])
    expect({ sent, connections }).toEqual({ sent: SILENT, connections: 0 })
    tally({ row: 'F43', tried: steps })
  })

  it('F43: a key in its place is seen at once, so that silence means something', () => {
    const { sent, states, connections } = stories.standardKey
    expect(states).toEqual(['unlicensed'])
    expect(connections).toBe(1)
    expect(sent.packets).toBeGreaterThan(0)
    expect(sent.tcpOpens).toBeGreaterThan(0)
  })

  it('F44: an airgapped one makes one call, and not one packet after it, over ten restarts', () => {
    const { sent, states, requests, steps } = stories.airgapped
    expect(requests).toEqual(['/api/v1/licenses/activate'])
    expect(states).toEqual(Array.from({ length: 11 }, () => 'active'))
    expect(sent).toEqual(SILENT)
    tally({ row: 'F44', tried: steps })
  })
})
