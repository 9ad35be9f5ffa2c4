import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/*
 * `npm run diagnosis`: injects what can go wrong, for real, and scores what each place says about it. Runs in a network and mount
 * namespace of its own where the machine allows that: with its own DNS, its own firewall, and no way out.
 */

const folder = mkdtempSync(join(tmpdir(), 'nc-diagnosis-'))
const resolver = join(folder, 'resolv.conf')
writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--config', 'tests/diagnosis/vitest.config.ts']
const env = { ...process.env, DIAGNOSIS_ONLY: process.argv.slice(2).join(' '), RES_OPTIONS: 'timeout:1 attempts:1' }

const [command = '', ...args] = canIsolate()
  ? ['unshare', '-n', '-m', 'sh', '-c', `ip link set lo up && mount --bind ${resolver} /etc/resolv.conf && exec "$@"`, 'sh', 'env', 'DIAGNOSIS_ISOLATED=1', ...vitest]
  : vitest
if (command !== 'unshare') process.stderr.write('This machine allows no namespaces: causes that need one are left out, and the table says which.\n')
const { status } = spawnSync(command, args, { stdio: 'inherit', env })
rmSync(folder, { recursive: true, force: true })
process.exit(status ?? 1)

function canIsolate(): boolean {
  try {
    execFileSync('unshare', ['-n', '-m', 'sh', '-c', 'ip link set lo up && /usr/sbin/nft list ruleset'], { stdio: 'ignore' })
    return true
  }
  catch {
    return false
  }
}
