import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCommand, findOrInstall } from '../support/debian-packages.ts'
import { findFaketime } from '../support/faketime.ts'

/*
 * `npm run diagnosis`: injects what can go wrong, for real, and scores what each place says about it. Where the machine allows
 * it, in a network of its own, with its own DNS, its own firewall and no way out, and among processes of its own, none of which
 * outlives the run.
 */

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
const PREPARE = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@"'
const VITEST = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--config', 'tests/diagnosis/vitest.config.ts']

const folder = mkdtempSync(join(tmpdir(), 'nc-diagnosis-'))
const resolver = join(folder, 'resolv.conf')
writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
const apart = ['unshare', ...NAMESPACES, 'sh', '-c', PREPARE, resolver]

const nft = findOrInstall('nftables', () => findCommand('nft'))
const faketime = findFaketime()
const isolated = nft !== undefined && canRun([...apart, nft, 'list', 'ruleset'])
if (!isolated) process.stderr.write('No network of its own can be had here: injections that need one are left out.\n')

const [command = '', ...args] = isolated ? [...apart, ...VITEST] : VITEST
const child = spawn(command, args, {
  stdio: 'inherit',
  env: {
    ...process.env, RES_OPTIONS: 'timeout:1 attempts:1', DIAGNOSIS_ONLY: process.argv.slice(2).join(' '),
    DIAGNOSIS_ISOLATED: isolated ? '1' : '', ...(faketime ? { DIAGNOSIS_FAKETIME: faketime } : {}),
  },
})
// `unshare` passes no signal on; whatever it started ends with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(isolated ? 'SIGKILL' : signal))
const [status] = await once(child, 'exit')
rmSync(folder, { recursive: true, force: true })
process.exitCode = status ?? 1

function canRun([program = '', ...rest]: readonly string[]): boolean {
  return spawnSync(program, rest, { stdio: 'ignore' }).status === 0
}
