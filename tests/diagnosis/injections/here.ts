import type { Injection } from '../injection.ts'
import { soundWay } from '../injection.ts'

/* What can be wrong on this machine: what was pasted, and its clock. */

const [HOUR, DAY] = [3600, 86_400]
const NOW = Math.floor(Date.now() / 1000)

/** What was pasted is judged here, without a call: diagnostics find nothing. */
function pasted(given: Omit<Injection, 'deeds' | 'arrange'>): Injection {
  const never = /form that mail programs break/
  return { deeds: ['save'], arrange: soundWay, unseenBy: ['diagnostics'], never, ...given, name: `pasted: ${given.name}` }
}

const TEXTS: readonly Omit<Injection, 'deeds' | 'arrange'>[] = [
  {
    name: 'neither', cause: 'not_a_credential', credential: 'hello@world!',
    named: [/neither a license key nor a license token/], helps: /first character to the last/,
  },
  {
    name: 'a word while offline', cause: 'offline_in_force', credential: 'something_else_01', before: ({ issue }) => issue(),
    named: [/offline license (?:is in force )?here/, /does not begin with nc_/, /Nothing was sent/], helps: /remove the offline license first/,
  },
  {
    name: 'words around a key', cause: 'words_around', credential: 'My key is nc_demo_standard thanks',
    named: [/key or token/, /other text/], helps: /alone/,
  },
  {
    name: 'two keys', cause: 'two_credentials', credential: 'nc_demo_standard nc_demo_short',
    named: [/more than one/], helps: /Paste only/,
  },
  {
    name: 'the Instance ID', cause: 'instance_id_pasted', credential: ({ instanceId }) => instanceId,
    named: [/Instance ID of this installation/], helps: /Send the Instance ID/,
  },
  {
    name: 'the request', cause: 'request_pasted',
    credential: ({ instanceId }) => `Please issue\nInstance ID: ${instanceId}\nLicense key: nc_demo_standard\nVersion: 1`,
    named: [/asks for a token/], helps: /token you get back/,
  },
  {
    name: 'a masked key', cause: 'masked_key_pasted', credential: 'nc_••••••••dard',
    named: [/hidden behind dots/], helps: /full key/,
  },
  {
    name: 'capitals', cause: 'capitals', credential: 'NC_DEMO_STANDARD',
    named: [/capital letters/], helps: /exactly as it was sent/,
  },
  {
    name: 'quotes around', cause: 'quotes_around', credential: '"nc_demo_standard"',
    named: [/quotation marks/], helps: /without them/,
  },
  {
    name: 'a hidden character', cause: 'hidden_character', credential: 'nc_demo\u202e_standard',
    named: [/U\+202E/, /position 8/], helps: /by hand/,
  },
  {
    name: 'another encoding', cause: 'wrong_encoding', credential: 'nc_demo_standard\\n',
    named: [/garbled/], helps: /original message/,
  },
]

const TOKENS: readonly Omit<Injection, 'deeds' | 'arrange'>[] = [
  {
    name: 'a lease', cause: 'other_kind', credential: ({ issue }) => issue({ kind: 'lease' }),
    named: [/not a license token/], helps: /license token you were sent/,
  },
  {
    name: 'a token of an unknown signer', cause: 'unknown_signer', credential: ({ issue }) => issue({ header: { kid: 'vendor-2031' } }),
    named: [/vendor-2031/], helps: /Update NocoDB/,
  },
  {
    name: 'an older token', cause: 'older_than_current', before: ({ issue }) => issue(),
    credential: ({ issue }) => issue({ claims: { seq: 1 } }),
    named: [/no longer counts/], helps: /newest token/,
  },
  {
    name: 'part of a token', cause: 'part_of_token', credential: async ({ issue }) => (await issue()).split('.')[1] ?? '',
    named: [/only part/], helps: /three parts/,
  },
  {
    name: 'a token that is cut', cause: 'token_cut', credential: async ({ issue }) => (await issue()).slice(0, -20),
    named: [/end of the token is missing/], helps: /last character/,
  },
  {
    name: 'a token that was changed', cause: 'token_changed',
    credential: async ({ issue }) => (await issue()).replace(/.{20}$/, `${'A'.repeat(19)}Q`),
    named: [/changed on its way/], helps: /file you were sent/,
  },
  {
    name: 'a token for another installation', cause: 'other_installation',
    credential: ({ issue }) => issue({ instance_id: '0123456789abcdef'.repeat(2) }),
    named: [/0123456789abcdef/], helps: /cs@nocodb\.com/,
  },
  {
    name: 'a token that has ended', cause: 'ended', credential: ({ issue }) => issue({ claims: { iat: NOW - 9 * DAY, exp: NOW - DAY } }),
    named: [/expired on/], helps: /Renew/,
  },
  {
    name: 'a token with a claim missing', cause: 'claims_invalid', credential: ({ issue }) => issue({ claims: { seats: -1 } }),
    named: [/genuine/, /seats/], helps: /new token/,
  },
  {
    name: 'a token that begins later', cause: 'not_yet_valid', credential: ({ issue }) => issue({ claims: { nbf: NOW + DAY } }),
    named: [/begins on/, /clock says/], helps: /If the clock is wrong/,
  },
]

export const PASTED: readonly Injection[] = [...TEXTS, ...TOKENS].map(pasted)

/** Activates a license by the right clock, then starts with one that is wrong by so many seconds. No call fails, so the log is silent. */
function clocked(seconds: number, given: Omit<Injection, 'deeds' | 'arrange'>): Injection {
  return {
    deeds: ['look'], needsClock: true, unseenBy: ['log'], ...given, name: `clock: ${given.name}`,
    arrange: async ({ licenseServer, wrongClock }) => ({ licenseServerUrl: licenseServer.url, env: wrongClock(seconds) }),
  }
}

export const CLOCK: readonly Injection[] = [
  clocked(3 * HOUR, { name: '3 hours ahead', cause: 'clock_ahead', named: [/3 hours ahead/, /time zone/], helps: /NTP/ }),
  clocked(60 * DAY, {
    name: '60 days ahead, so that an offline license looks ended', cause: 'clock_ahead',
    before: ({ issue }) => issue({ claims: { exp: NOW + 30 * DAY } }),
    // An offline license asks nobody for the time.
    unseenBy: ['log', 'diagnostics'],
    named: [/clock may be ahead/, /last time it is known/], helps: /Check this server's clock/,
  }),
  clocked(-8 * DAY, { name: '8 days behind', cause: 'clock_behind', named: [/8 days behind/], helps: /NTP/ }),
  clocked(-2 * HOUR, { name: '2 hours behind', cause: 'clock_behind', named: [/2 hours behind/, /time zone/], helps: /time zone/ }),
]
