import { offlineToken } from '../token.ts'
import type { Injection } from '../injection.ts'

/* What can be wrong on this machine: what was pasted, its clock, its database. */

const ours: Injection['arrange'] = async ({ licenseServer }) => ({ licenseServerUrl: licenseServer.url })
const TOKEN = (instanceId: string) => offlineToken({ instance_id: instanceId })
const [OTHER, NOW] = ['0123456789abcdef0123456789abcdef', Math.floor(Date.now() / 1000)]

const pasted = (
  name: string, cause: Injection['cause'], credential: NonNullable<Injection['credential']>, named: readonly RegExp[], helps: RegExp, more: Partial<Injection> = {},
): Injection => ({ name: `pasted: ${name}`, cause, deeds: ['save'], arrange: ours, credential, named, helps, never: /form that mail programs break/, ...more })

const LATER = NOW + 86_400
const offlineBefore = (instanceId: string) => offlineToken({ instance_id: instanceId, seq: LATER })

export const PASTED: readonly Injection[] = [
  pasted('neither', 'not_a_credential', 'hello@world!', [/neither a license key nor a license token/], /first character to the last/),
  pasted('a lease', 'other_kind', id => offlineToken({ instance_id: id, method: 'airgapped', nonce: 'n'.repeat(32) }, { typ: 'nc-lease+jwt' }), [/not a token for pasting/], /license token you were sent/),
  pasted('a token of an unknown signer', 'unknown_signer', id => offlineToken({ instance_id: id }, { kid: 'vendor-2031' }), [/vendor-2031/], /Update NocoDB/),
  pasted('an older token', 'older_than_current', id => offlineToken({ instance_id: id, seq: LATER - 1 }), [/no longer counts/], /newest token/, { before: offlineBefore }),
  pasted('a word while offline', 'offline_in_force', 'something_else_01', [/offline license is in force/, /Nothing was sent/], /remove the offline license first/, { before: offlineBefore }),
  pasted('words around a key', 'words_around', 'My key is nc_demo_standard thanks', [/other text/], /alone/),
  pasted('two keys', 'two_credentials', 'nc_demo_standard nc_demo_short', [/more than one/], /Paste only/),
  pasted('part of a token', 'part_of_token', id => TOKEN(id).split('.')[1] ?? '', [/only part/], /three parts/),
  pasted('a token that is cut', 'token_cut', id => TOKEN(id).slice(0, -20), [/end of the token is missing/], /last character/),
  pasted('a token that was changed', 'token_changed', id => TOKEN(id).replace(/.{20}$/, 'A'.repeat(19) + 'Q'), [/changed on its way/], /file you were sent/),
  pasted('the Instance ID', 'instance_id_pasted', id => id, [/Instance ID of this installation/], /Send the Instance ID/),
  pasted('the request', 'request_pasted', id => `Please issue\nInstance ID: ${id}\nLicense key: nc_demo_standard\nVersion: 1`, [/asks for a token/], /token you get back/),
  pasted('a masked key', 'masked_key_pasted', 'nc_••••••••dard', [/hidden behind dots/], /full key/),
  pasted('capitals', 'capitals', 'NC_DEMO_STANDARD', [/capitals/], /exactly as it was sent/),
  pasted('quotes around', 'quotes_around', '"nc_demo_standard"', [/quotation marks/], /without them/),
  pasted('a hidden character', 'hidden_character', 'nc_demo\u202e_standard', [/U\+202E/, /position 8/], /by hand/),
  pasted('another encoding', 'wrong_encoding', 'nc_demo_standard\\n', [/garbled/], /original message/),
  pasted('a token for another installation', 'other_installation', () => TOKEN(OTHER), [/0123456789abcdef/], /cs@nocodb\.com/),
  pasted('a token that has ended', 'ended', id => offlineToken({ instance_id: id, iat: NOW - 9 * 86_400, exp: NOW - 86_400 }), [/ended on/], /Renew/),
  pasted('a token with a claim missing', 'claims_invalid', id => offlineToken({ instance_id: id, seats: -1 }), [/genuine/, /seats/], /new token/),
  pasted('a token that begins later', 'not_yet_valid', id => offlineToken({ instance_id: id, nbf: NOW + 86_400 }), [/begins on/, /clock says/], /If the clock is wrong/),
]

/** Activates offline, then starts with the clock as told. */
const clocked = (name: string, shift: string, rest: Pick<Injection, 'cause' | 'named' | 'helps'> & Partial<Injection>): Injection => ({
  name: `clock: ${name}`, deeds: ['look'], needs: 'faketime', before: 'standard',
  arrange: async ({ licenseServer }) => ({
    licenseServerUrl: licenseServer.url, wrapper: ['env', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'faketime', '-f', shift],
  }),
  ...rest,
})

export const CLOCK: readonly Injection[] = [
  clocked('3 hours ahead', '+3h', { cause: 'clock_ahead', named: [/3 hours ahead/, /time zone/], helps: /NTP/ }),
  clocked('60 days ahead, so that an offline license looks ended', '+60d', {
    cause: 'clock_ahead', before: id => offlineToken({ instance_id: id, exp: NOW + 30 * 86_400 }), named: [/clock may be ahead/, /last time it is known/], helps: /Check this server's clock/,
  }),
  clocked('8 days behind', '-8d', { cause: 'clock_behind', named: [/8 days behind/], helps: /NTP/ }),
  clocked('2 hours behind', '-2h', { cause: 'clock_behind', named: [/2 hours behind/, /time zone/], helps: /time zone/ }),
]

