import { once } from 'node:events'
import { createServer } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TYP } from '../../server/license/claims.ts'
import type { LicenseView, Preview } from '../../shared/contracts.ts'
import { until } from '../support/stand.ts'
import type { ApiClient } from '../support/api-client.ts'
import { signIn } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { startProduct } from '../support/product-process.ts'
import type { Dice } from './hostile/dice.ts'
import { createDice } from './hostile/dice.ts'
import type { Target } from './hostile/genuine.ts'
import { genuineClaims, genuineToken, headerOf } from './hostile/genuine.ts'
import { mintByHand, mintWithFastJwt } from './hostile/mint.ts'
import type { Hostile } from './hostile/rows.ts'
import { hostileCredentials, hostileRows } from './hostile/rows.ts'
import { tally } from '../support/tally.ts'

/* The same hostile credentials, sent to the production process over HTTP. */

const SEED = Number(process.env.HOSTILE_SEED ?? Date.now() % 2 ** 31)
const COUNT = Number(process.env.HOSTILE_HTTP_COUNT ?? 3000)
/** Tokens are judged up to a hundred times a second; this stays below it. */
const SPACING = 1000 / 80
const note = (what: string) => `${what}; HOSTILE_SEED=${SEED} HOSTILE_HTTP_COUNT=${COUNT}`

let connections = 0
const listener = createServer((socket) => {
  connections++
  socket.on('error', () => undefined).destroy()
})
let product: Product
let admin: ApiClient
let target: Target
let before: { view: LicenseView, rows: unknown }

beforeAll(async () => {
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  product = await startProduct({ licenseServerUrl: listenerUrl() })
  admin = await signIn(product.url)
  target = {
    instanceId: (await admin.license()).instanceId, now: Math.floor(Date.now() / 1000), current: { sub: 'lic_current', seq: 1000, jti: 'jti-current' },
  }
})
afterAll(async () => {
  await product.dispose()
  listener.close()
})

function listenerUrl(): string {
  return `http://127.0.0.1:${Object(listener.address()).port}`
}

/** What is stored of the license, the trusted time aside, which goes on. */
function storedRows(): unknown {
  const database = new DatabaseSync(product.databaseFile, { readOnly: true })
  try {
    const { revision } = database.prepare('select revision from installation').get() ?? {}
    return { revision, license: database.prepare('select * from license').all(), seqs: database.prepare('select * from license_seq').all(), events: database.prepare('select * from events').all() }
  }
  finally {
    database.close()
  }
}

async function lookAtLicense(): Promise<typeof before> {
  return { view: { ...await admin.license(), serverTime: '' }, rows: storedRows() }
}

/** Sends a credential; 'refused' if it was, for a reason that fits, else what happened instead. */
async function send({ mutation, credential }: Hostile, saves: boolean): Promise<string> {
  const { status, error, body } = saves
    ? await admin.save(credential)
    : await admin.request<Preview>('POST', '/api/license/preview', { credential })
  if (status >= 500) return 'crashed'
  // Longer than any credential: refused before it is looked at.
  if (status === 413 || status === 400) return credential.length > 10_000 ? 'refused' : `${status} for ${credential.length} characters`
  // A preview answers what saving would do; only what is no credential at all is an error there.
  const previewed = !saves && status === 200 && 'accepted' in body ? body : null
  if (status === 200 && previewed?.accepted !== false) return 'accepted'
  const code = status === 422 ? error?.code : previewed?.error?.code
  return mutation.codes.some(each => each === code) ? 'refused' : `${status} ${String(code)} instead of ${mutation.codes.join(' or ')}`
}

/** What would prove a token, where there is enough of it to be told from other text. */
function signaturesOf(credential: string): string[] {
  return credential.split('.').slice(2).filter(({ length }) => length >= 20)
}

/** Spoils JSON with a text in such a way that a parser finds that text. */
function unreadable(json: string, text: string, dice: Dice): string {
  const places = [...json.matchAll(/[:,{}]/g)].map(({ index }) => index + 1)
  const at = dice.pick(places)
  return dice.pick([text, `{"${text}`, `[${text}]`, `${text}${json}`, `${json}${text}`, json.slice(0, at) + text + json.slice(at)])
}

describe('the production process', () => {
  it('F10, F14, F17: accepts a genuine token minted by another implementation', async () => {
    const dice = createDice(SEED)
    for (let n = 0; n < 50; n++) {
      const { status, body } = await admin.request<Preview>('POST', '/api/license/preview', { credential: genuineToken(dice, target) })
      expect({ status, accepted: body.accepted }).toEqual({ status: 200, accepted: true })
    }
    const { sub, seq, jti } = target.current
    const { status, body } = await admin.save(mintWithFastJwt({ ...genuineClaims(dice, target), sub, seq, jti }, TYP.offline))
    expect(status).toBe(200)
    expect(body).toMatchObject({ state: 'active', licenseId: sub })
    before = await lookAtLicense()
  })

  it.each(hostileRows('http://listener.invalid'))('$row: refuses $about, changes nothing, calls nobody and stays alive', async ({ row, about, share }) => {
    const own = hostileRows(listenerUrl()).find(each => each.row === row)
    if (!own) throw new Error(`no row ${row}`)
    const counts = { tried: 0, accepted: 0, crashed: 0 }
    const wrong: string[] = []
    const signatures = new Set<string>()
    for (const hostile of hostileCredentials(own, Math.ceil(COUNT * share / 100), SEED, target)) {
      const startedAt = performance.now()
      const outcome = await send(hostile, counts.tried % 2 === 0)
      counts.tried++
      for (const signature of signaturesOf(hostile.credential)) signatures.add(signature)
      if (outcome === 'accepted' || outcome === 'crashed') counts[outcome]++
      if (outcome !== 'refused' && wrong.length < 5) wrong.push(`${hostile.mutation.name}: ${outcome}: ${JSON.stringify(hostile.credential.slice(0, 2000))}`)
      await new Promise(resolve => setTimeout(resolve, Math.max(0, SPACING - (performance.now() - startedAt))))
    }
    tally({ row, ...counts })
    expect(wrong, note(about)).toEqual([])
    expect(await lookAtLicense(), note(about)).toEqual(before)
    const output = product.output()
    expect([...signatures].filter(signature => output.includes(signature)), note(about)).toEqual([])
    expect(connections).toBe(0)
    expect([product.process.exitCode, product.process.signalCode]).toEqual([null, null])
  })

  it('F16, F17: of header and payload texts that cannot be read, none is logged, nor any signature', async () => {
    const dice = createDice(SEED)
    const from = product.output().length
    const canaries: string[] = []
    const signatures: string[] = []
    for (let n = 0; n < 100; n++) {
      // Short enough for a parser to quote the whole of it.
      const canary = `C${dice.hex(4)}`
      const [header, payload] = [JSON.stringify(headerOf()), JSON.stringify(genuineClaims(dice, target))]
      const credential = n % 2 === 0 ? mintByHand(unreadable(header, canary, dice), payload) : mintByHand(header, unreadable(payload, canary, dice))
      const { error } = await admin.save(credential)
      expect(error?.code, note(credential)).toBe(n % 2 === 0 ? 'CREDENTIAL_MALFORMED' : 'TOKEN_CLAIMS_INVALID')
      canaries.push(canary)
      signatures.push(...signaturesOf(credential))
      await new Promise(resolve => setTimeout(resolve, SPACING))
    }
    const told = () => product.output().slice(from)
    await until('every refusal is in the log', () => told().split('"activation refused"').length === 101)
    const output = told()
    expect(signatures).toHaveLength(100)
    expect([...canaries, ...signatures].filter(secret => output.includes(secret)), note('')).toEqual([])
    tally({ row: 'F17', tried: 100 })
  })

  it('F17: still accepts a newer genuine token after all of them', async () => {
    const { sub, seq } = target.current
    const { status, body } = await admin.save(mintWithFastJwt({ ...genuineClaims(createDice(SEED + 1), target), sub, seq: seq + 1 }, TYP.offline))
    expect({ status, state: body.state, revision: body.revision }).toEqual({ status: 200, state: 'active', revision: before.view.revision + 1 })
    expect(product.output().split('\n').filter(line => line.includes('"level":"error"'))).toEqual([])
  })
})
