import type { RequestListener } from 'node:http'
import type { Fault } from '../../support/vendor/fault-types.ts'
import { startServer } from '../../support/vendor-door.ts'
import type { Injection } from '../injection.ts'
import { BLAMELESS, inEveryCall, soundWay } from '../injection.ts'

/* What can come back in place of the license server's answer, or from it. */

const JSON_TYPE = { 'content-type': 'application/json' }
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' }
const PAGE = '<!doctype html><html><head><title>Blocked by Example Guard</title></head><body>no</body></html>'

const from = (answer: RequestListener): Injection['arrange'] => async () => ({ licenseServerUrl: await startServer(answer) })

/** Answers everything with that status, body and headers. */
const say = (status: number, body: string, headers: Record<string, string> = {}) =>
  from((_request, response) => void response.writeHead(status, headers).end(body))

/** Begins an answer of 500 bytes, and sends 13 of them. */
const begin = (then: (socket: Parameters<RequestListener>[0]['socket']) => void = () => undefined) =>
  from((request, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': 500 }).write('{"lease":"abc')
    setTimeout(() => then(request.socket), 50)
  })

/** The license server itself, told to spoil its answers about licenses. Its pings go well, so that diagnostics find nothing. */
function spoilt(fault: Fault): Pick<Injection, 'arrange' | 'unseenBy'> {
  return {
    unseenBy: ['diagnostics'],
    async arrange({ licenseServer }) {
      for (const call of ['activate', 'checkIn'] as const) await licenseServer.control.addFault({ call, fault })
      return { licenseServerUrl: licenseServer.url }
    },
  }
}

const NO_ANSWER: readonly Omit<Injection, 'deeds'>[] = [
  {
    name: 'no answer', cause: 'no_answer', arrange: from(() => undefined),
    named: [/no answer came within 10 seconds/], helps: /Wait/, never: /port 443|nothing is wrong/i,
  },
  {
    name: 'a connection reset before the answer', cause: 'reset_while_receiving', arrange: from(request => request.socket.resetAndDestroy()),
    named: [/closed before any answer/], helps: /MTU/,
  },
  {
    name: 'a connection reset amid the answer', cause: 'reset_while_receiving', arrange: begin(socket => socket.resetAndDestroy()),
    named: [/after 13 bytes/], beside: [/500/], helps: /MTU/,
  },
  {
    name: 'an answer that stalls', cause: 'stalled_while_receiving', arrange: begin(),
    named: [/10 seconds/, /13 bytes/], beside: [/500/], helps: /MTU/,
  },
  {
    name: 'an answer that is cut', cause: 'cut_answer', arrange: begin(socket => socket.end()),
    named: [/ended in the middle/, /13 bytes/], beside: [/500/], helps: /exempted/, never: /sign in|nothing is wrong/i,
  },
  {
    name: 'JSON that is cut', cause: 'cut_answer', arrange: say(200, '{"lease":"abc', JSON_TYPE),
    named: [/ended in the middle/], helps: /exempted/, never: /sign in|nothing is wrong/i,
  },
]

const SOMEBODY_ELSE: readonly Omit<Injection, 'deeds'>[] = [
  {
    name: 'a sign-in page', cause: 'web_page', arrange: say(200, PAGE, HTML_TYPE),
    named: [/Blocked by Example Guard/, /200/], helps: /sign in/,
  },
  {
    name: 'a block page with 403', cause: 'web_page', arrange: say(403, PAGE, HTML_TYPE),
    named: [/Blocked by Example Guard/, /403/], helps: /allowed/,
  },
  {
    name: 'a block page with 451', cause: 'web_page', arrange: say(451, PAGE, HTML_TYPE),
    named: [/451/], helps: /allowed/,
  },
  {
    name: 'an nginx 404 at a wrong address', cause: 'web_page',
    arrange: say(404, '<html>\r\n<head><title>404 Not Found</title></head></html>', { ...HTML_TYPE, server: 'nginx/1.26' }),
    named: [/404 Not Found/], beside: [/nginx/], helps: /NC_LICENSE_SERVER_URL/,
  },
  {
    name: 'a redirect', cause: 'redirect', arrange: say(302, '', { location: 'https://portal.example.com/login?from=x' }),
    named: [/https:\/\/portal\.example\.com\/login/], helps: /sign in/, never: /from=x/,
  },
  {
    name: 'a gateway\'s 502', cause: 'gateway', arrange: say(502, '<html>Bad Gateway</html>', { ...HTML_TYPE, server: 'nginx' }),
    named: [/gateway/, /502/], beside: [/nginx/], helps: /checked/,
  },
  {
    name: 'a gateway\'s 503', cause: 'gateway', arrange: say(503, 'upstream', { 'retry-after': '120', 'via': '1.1 edge.example' }),
    named: [/503/], beside: [/edge\.example/], helps: /Wait/,
  },
  {
    name: 'a gateway\'s 504', cause: 'gateway', arrange: say(504, ''),
    named: [/504/], helps: /Wait/,
  },
  {
    name: 'Cloudflare\'s 522', cause: 'gateway', arrange: say(522, '', { server: 'cloudflare' }),
    named: [/522/], beside: [/cloudflare/], helps: /Wait/,
  },
  {
    name: 'a 404 of something else', cause: 'not_a_license_server', arrange: say(404, '{"message":"no route"}', JSON_TYPE),
    named: [/not a license server/, /404/, /api\/v1\/licenses/], helps: /NC_LICENSE_SERVER_URL/,
  },
  {
    name: 'a 405', cause: 'not_a_license_server', arrange: say(405, ''),
    named: [/405/], helps: /NC_LICENSE_SERVER_URL/,
  },
  {
    name: 'a 401 of something else', cause: 'not_a_license_server', arrange: say(401, '{"error":"unauthorized"}', JSON_TYPE),
    named: [/401/], helps: /NC_LICENSE_SERVER_URL/,
  },
  {
    name: 'somebody\'s 500', cause: 'server_error_foreign', arrange: say(500, 'oops', { 'content-type': 'text/plain' }),
    named: [/500/, /who sent it/], helps: /proxy or firewall/,
  },
  {
    name: 'a 429', cause: 'rate_limited', arrange: say(429, '', { 'retry-after': '600' }),
    named: [/too many calls/, /wait until/], helps: /Nothing needs fixing/, never: /not answered/,
  },
  {
    name: 'JSON that is not ours', cause: 'unreadable_answer', arrange: say(200, '{"hello":"world"}', JSON_TYPE),
    named: [/not what a license server sends/], helps: /exempted/, never: /sign in/,
  },
]

const ITSELF: readonly Omit<Injection, 'deeds'>[] = [
  {
    name: 'the license server\'s own fault', cause: 'server_error',
    arrange: say(500, '{"error":{"code":"internal","message":"x"}}', JSON_TYPE),
    // This one is blameless.
    named: [/fault of its own/, /500/], helps: /Wait/, never: undefined,
  },
  {
    name: 'a 429 without a time', cause: 'rate_limited', ...spoilt({ type: 'unsignedRefusal', code: 'rate_limited' }),
    named: [/too many calls/, /asks this server to wait/], helps: /Nothing needs fixing/,
  },
  {
    name: 'an empty answer', cause: 'unreadable_answer', ...spoilt({ type: 'empty' }),
    named: [/not what a license server sends/], helps: /exempted/, never: /sign in/,
  },
  {
    name: 'a lease for another installation', cause: 'answer_not_ours', ...spoilt({ type: 'wrongInstance' }),
    named: [/another license or installation/], helps: /stores answers/,
  },
  {
    name: 'an old answer', cause: 'answer_stale', ...spoilt({ type: 'staleNonce' }),
    named: [/old one/], helps: /stores answers/,
  },
  {
    name: 'an unknown signer', cause: 'signer_unknown', ...spoilt({ type: 'wrongSigner' }),
    named: [/does not know/], helps: /Update NocoDB/,
  },
]

/** Unsigned refusals in a check-in: the license stays, and it is said until when. */
const IN_CHECK_IN: readonly Injection[] = ([
  ['unknown_key', /no longer knows/, /license ID/], ['expired', /subscription has ended/, /Renew/], ['revoked', /revoked/, /support/],
  ['suspended', /suspended/, /account manager/], ['bound_elsewhere', /different installation/, /Instance ID/],
  ['method_not_in_plan', /no longer includes/, /plan/], ['bad_request', /did not accept/, /Update NocoDB/],
] as const).map(([code, named, helps]) => ({
  name: `a check-in refused: ${code}`, cause: `refused_${code}`, deeds: ['check in'], ...spoilt({ type: 'unsignedRefusal', code }),
  named: [named, /Enterprise features stay on until/], helps, never: BLAMELESS,
}))

const AT_ACTIVATION: readonly Injection[] = ([
  ['nc_never_issued_0000000000', 'key_unknown', /knows no license/, /Copy the whole key/],
  ['nc_demo_expired', 'subscription_ended', /has ended/, /Renew/],
  ['nc_demo_revoked', 'revoked', /revoked/, /support/],
  ['nc_demo_suspended', 'suspended', /suspended/, /account manager/],
  ['nc_demo_bound_elsewhere', 'bound_elsewhere', /different installation/, /cs@nocodb\.com/],
] as const).map(([credential, cause, named, helps]) => ({
  name: `a key refused: ${cause}`, cause, deeds: ['save'], arrange: soundWay, unseenBy: ['diagnostics'], credential,
  named: [named], helps, never: BLAMELESS,
}))

const NOT_IN_PLAN: Injection = {
  name: 'a key refused: method_not_in_plan', cause: 'method_not_in_plan', deeds: ['save'],
  ...spoilt({ type: 'unsignedRefusal', code: 'method_not_in_plan' }),
  named: [/Your plan does not include/], helps: /standard key/, never: BLAMELESS,
}

export const ANSWERS: readonly Injection[] = [
  ...[...NO_ANSWER, ...SOMEBODY_ELSE, ...ITSELF].map(inEveryCall), ...IN_CHECK_IN, ...AT_ACTIVATION, NOT_IN_PLAN,
]
