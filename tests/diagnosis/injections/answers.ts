import type { FindingCause } from '../../../shared/findings.ts'
import type { Fault } from '../../support/vendor/fault-types.ts'
import { answering, say } from '../fronts.ts'
import type { Broken, Injection } from '../injection.ts'
import { BLAMELESS } from '../injection.ts'

/* What can come back in place of the license server's answer, or from it. */

const DEEDS = ['save', 'check in'] as const
const never = BLAMELESS
const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html; charset=utf-8' }

const from = (answer: Parameters<typeof answering>[0]): Injection['arrange'] => async () => ({ licenseServerUrl: await answering(answer) })

/** The license server itself, told to spoil its next answers. */
const faulty = (fault: Fault): Injection['arrange'] => async ({ licenseServer }): Promise<Broken> => {
  for (const call of ['activate', 'checkIn'] as const) await licenseServer.control.addFault({ call, fault })
  return { licenseServerUrl: licenseServer.url }
}

interface Row { name: string, cause: FindingCause, arrange: Injection['arrange'], named: readonly RegExp[], helps: RegExp, never?: RegExp }

const PAGE = '<!doctype html><html><head><title>Blocked by Example Guard</title></head><body>no</body></html>'
const ROWS: readonly Row[] = [
  { name: 'no answer', cause: 'no_answer', arrange: from(() => undefined), named: [/no answer came within 10 seconds/], helps: /Wait/, never: /port 443|nothing is wrong/i },
  {
    name: 'a connection reset before the answer', cause: 'reset_while_receiving', arrange: from(request => request.socket.resetAndDestroy()),
    named: [/closed before any answer/], helps: /MTU/,
  },
  {
    name: 'a connection reset amid the answer', cause: 'reset_while_receiving',
    arrange: from((request, response) => {
      response.writeHead(200, { ...json, 'content-length': 500 }).write('{"lease":"abc')
      setTimeout(() => request.socket.resetAndDestroy(), 50)
    }),
    named: [/after 13 bytes/, /500/], helps: /MTU/,
  },
  {
    name: 'an answer that stalls', cause: 'stalled_while_receiving',
    arrange: from((_request, response) => void response.writeHead(200, { ...json, 'content-length': 500 }).write('{"lease":"abc')),
    named: [/10 seconds/, /13 bytes/, /500/], helps: /MTU/,
  },
  {
    name: 'an answer that is cut', cause: 'cut_answer',
    arrange: from((request, response) => {
      response.writeHead(200, { ...json, 'content-length': 500 }).write('{"lease":"abc')
      setTimeout(() => request.socket.end(), 50)
    }),
    named: [/ended in the middle/, /13 bytes/, /500/], helps: /exempted/, never: /sign in|nothing is wrong/i,
  },
  { name: 'JSON that is cut', cause: 'cut_answer', arrange: from(say(200, '{"lease":"abc', json)), named: [/ended in the middle/], helps: /exempted/, never: /sign in|nothing is wrong/i },
  { name: 'a sign-in page', cause: 'web_page', arrange: from(say(200, PAGE, html)), named: [/Blocked by Example Guard/, /200/], helps: /sign in/ },
  { name: 'a block page with 403', cause: 'web_page', arrange: from(say(403, PAGE, html)), named: [/Blocked by Example Guard/, /403/], helps: /allowed/, never },
  { name: 'a block page with 451', cause: 'web_page', arrange: from(say(451, PAGE, html)), named: [/451/], helps: /allowed/, never },
  {
    name: 'an nginx 404 at a wrong address', cause: 'web_page', never,
    arrange: from(say(404, '<html>\r\n<head><title>404 Not Found</title></head></html>', { ...html, server: 'nginx/1.26' })),
    named: [/404 Not Found/, /nginx/], helps: /NC_LICENSE_SERVER_URL/,
  },
  { name: 'a redirect', cause: 'redirect', arrange: from(say(302, '', { location: 'https://portal.example.com/login?from=x' })), named: [/https:\/\/portal\.example\.com\/login/], helps: /sign in/, never: /from=x/ },
  { name: 'a gateway\'s 502', cause: 'gateway', arrange: from(say(502, '<html>Bad Gateway</html>', { ...html, server: 'nginx' })), named: [/gateway/, /502/, /nginx/], helps: /checked/, never },
  { name: 'a gateway\'s 503', cause: 'gateway', arrange: from(say(503, 'upstream', { 'retry-after': '120', 'via': '1.1 edge.example' })), named: [/503/, /edge\.example/], helps: /Wait/, never },
  { name: 'a gateway\'s 504', cause: 'gateway', arrange: from(say(504, '')), named: [/504/], helps: /Wait/, never },
  { name: 'Cloudflare\'s 522', cause: 'gateway', arrange: from(say(522, '', { server: 'cloudflare' })), named: [/522/, /cloudflare/], helps: /Wait/, never },
  { name: 'a 404 of something else', cause: 'not_a_license_server', arrange: from(say(404, '{"message":"no route"}', json)), named: [/not a license server/, /404/, /api\/v1\/licenses/], helps: /NC_LICENSE_SERVER_URL/, never },
  { name: 'a 405', cause: 'not_a_license_server', arrange: from(say(405, '')), named: [/405/], helps: /NC_LICENSE_SERVER_URL/, never },
  { name: 'a 401 of something else', cause: 'not_a_license_server', arrange: from(say(401, '{"error":"unauthorized"}', json)), named: [/401/], helps: /NC_LICENSE_SERVER_URL/, never },
  { name: 'the license server\'s own fault', cause: 'server_error', arrange: from(say(500, '{"error":{"code":"internal","message":"x"}}', json)), named: [/fault of its own/, /500/], helps: /Wait/ },
  { name: 'somebody\'s 500', cause: 'server_error_foreign', arrange: from(say(500, 'oops', { 'content-type': 'text/plain' })), named: [/500/, /who sent it/], helps: /proxy or firewall/, never },
  { name: 'a 429', cause: 'rate_limited', arrange: from(say(429, '', { 'retry-after': '600' })), named: [/wait until/], helps: /Nothing needs fixing/, never: /not answered/ },
  { name: 'a 429 without a time', cause: 'rate_limited', arrange: faulty({ type: 'unsignedRefusal', code: 'rate_limited' }), named: [/asks this server to wait/], helps: /Nothing needs fixing/ },
  { name: 'JSON that is not ours', cause: 'unreadable_answer', arrange: from(say(200, '{"hello":"world"}', json)), named: [/not what a license server sends/], helps: /exempted/, never: /sign in/ },
  { name: 'an empty answer', cause: 'unreadable_answer', arrange: faulty({ type: 'empty' }), named: [/not what a license server sends/], helps: /exempted/, never: /sign in/ },
  { name: 'a lease for another installation', cause: 'answer_not_ours', arrange: faulty({ type: 'wrongInstance' }), named: [/another license or installation/], helps: /stores answers/ },
  { name: 'an old answer', cause: 'answer_stale', arrange: faulty({ type: 'staleNonce' }), named: [/old one/], helps: /stores answers/ },
  { name: 'an unknown signer', cause: 'signer_unknown', arrange: faulty({ type: 'wrongSigner' }), named: [/does not know/], helps: /Update NocoDB/ },
]

const REFUSALS = [
  ['unknown_key', /no longer knows/, /license ID/], ['expired', /subscription has ended/, /Renew/], ['revoked', /revoked/, /support/],
  ['suspended', /suspended/, /account manager/], ['bound_elsewhere', /another installation/, /Instance ID/],
  ['method_not_in_plan', /no longer includes/, /plan/], ['bad_request', /did not accept/, /Update NocoDB/],
] as const

/** Unsigned refusals in a check-in: the license stays, and it is said until when. */
const IN_CHECK_IN: readonly Injection[] = REFUSALS.map(([code, named, helps]) => ({
  name: `a check-in refused: ${code}`, cause: `refused_${code}`, deeds: ['check in'], arrange: faulty({ type: 'unsignedRefusal', code }),
  named: [named, /Enterprise features stay on until/], helps, never,
}))

const AT_ACTIVATION: readonly Injection[] = ([
  ['nc_never_issued_0000000000', 'key_unknown', /knows no license/, /Copy the whole key/], ['nc_demo_expired', 'subscription_ended', /has ended/, /Renew/],
  ['nc_demo_revoked', 'revoked', /revoked/, /support/], ['nc_demo_suspended', 'suspended', /suspended/, /account manager/],
  ['nc_demo_bound_elsewhere', 'bound_elsewhere', /another installation/, /cs@nocodb\.com/],
] as const).map(([credential, cause, named, helps]) => ({
  name: `a key refused: ${cause}`, cause, deeds: ['save'], credential, named: [named], helps, never,
  arrange: async ({ licenseServer }) => ({ licenseServerUrl: licenseServer.url }),
}))

const NOT_IN_PLAN: Injection = {
  name: 'a key refused: method_not_in_plan', cause: 'method_not_in_plan', deeds: ['save'], arrange: faulty({ type: 'unsignedRefusal', code: 'method_not_in_plan' }),
  named: [/Your plan does not include/], helps: /standard key/, never,
}

export const ANSWERS: readonly Injection[] = [NOT_IN_PLAN, ...ROWS.map(row => ({ ...row, deeds: DEEDS })), ...IN_CHECK_IN, ...AT_ACTIVATION]
