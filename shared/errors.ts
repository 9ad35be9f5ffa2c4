/**
 * Every error that the API can return: its HTTP status, and a reference short enough to read out over the phone.
 * References are never reused or renumbered: they live on in e-mails, tickets and bookmarks.
 */
const CATALOGUE = {
  CREDENTIAL_MALFORMED: { reference: 'NCL-101', status: 422, group: 'credential' },
  KEY_UNKNOWN: { reference: 'NCL-102', status: 422, group: 'credential' },
  LICENSE_EXPIRED: { reference: 'NCL-103', status: 422, group: 'credential' },
  LICENSE_REVOKED: { reference: 'NCL-104', status: 422, group: 'credential' },
  LICENSE_SUSPENDED: { reference: 'NCL-105', status: 422, group: 'credential' },
  METHOD_NOT_IN_PLAN: { reference: 'NCL-106', status: 422, group: 'credential' },
  BOUND_TO_DIFFERENT_INSTALLATION: { reference: 'NCL-107', status: 422, group: 'credential' },
  TOKEN_SIGNATURE_INVALID: { reference: 'NCL-108', status: 422, group: 'credential' },
  TOKEN_UNKNOWN_SIGNER: { reference: 'NCL-109', status: 422, group: 'credential' },
  TOKEN_WRONG_KIND: { reference: 'NCL-110', status: 422, group: 'credential' },
  TOKEN_CLAIMS_INVALID: { reference: 'NCL-111', status: 422, group: 'credential' },
  TOKEN_NOT_YET_VALID: { reference: 'NCL-112', status: 422, group: 'credential' },
  TOKEN_OLDER_THAN_CURRENT: { reference: 'NCL-113', status: 422, group: 'credential' },

  NET_DNS: { reference: 'NCL-201', status: 502, group: 'network' },
  NET_CONNECT: { reference: 'NCL-202', status: 502, group: 'network' },
  NET_TIMEOUT: { reference: 'NCL-203', status: 504, group: 'network' },
  NET_TLS: { reference: 'NCL-204', status: 502, group: 'network' },
  NET_PROXY: { reference: 'NCL-205', status: 502, group: 'network' },
  NET_CAPTIVE_PORTAL: { reference: 'NCL-206', status: 502, group: 'network' },
  SERVER_ERROR: { reference: 'NCL-207', status: 502, group: 'network' },
  SERVER_RATE_LIMITED: { reference: 'NCL-208', status: 502, group: 'network' },
  SERVER_RESPONSE_INVALID: { reference: 'NCL-209', status: 502, group: 'network' },
  SERVER_NOT_A_LICENSE_SERVER: { reference: 'NCL-210', status: 502, group: 'network' },
  SERVER_REFUSED: { reference: 'NCL-211', status: 502, group: 'network' },

  VALIDATION: { reference: 'NCL-301', status: 400, group: 'request' },
  UNAUTHENTICATED: { reference: 'NCL-302', status: 401, group: 'request' },
  FEATURE_NOT_LICENSED: { reference: 'NCL-303', status: 402, group: 'request' },
  FORBIDDEN: { reference: 'NCL-304', status: 403, group: 'request' },
  CROSS_SITE: { reference: 'NCL-305', status: 403, group: 'request' },
  NOT_FOUND: { reference: 'NCL-306', status: 404, group: 'request' },
  HTTP_METHOD: { reference: 'NCL-307', status: 405, group: 'request' },
  CONFLICT: { reference: 'NCL-308', status: 409, group: 'request' },
  MANAGED_BY_ENV: { reference: 'NCL-309', status: 409, group: 'request' },
  NO_LICENSE: { reference: 'NCL-310', status: 409, group: 'request' },
  NO_CALLS_FOR_OFFLINE: { reference: 'NCL-311', status: 409, group: 'request' },
  PAYLOAD_TOO_LARGE: { reference: 'NCL-312', status: 413, group: 'request' },
  RATE_LIMITED: { reference: 'NCL-313', status: 429, group: 'request' },
  INTERNAL: { reference: 'NCL-314', status: 500, group: 'request' },
  STORAGE_UNAVAILABLE: { reference: 'NCL-315', status: 503, group: 'request' },
} as const

export type ErrorCode = keyof typeof CATALOGUE
export type ErrorGroup = (typeof CATALOGUE)[ErrorCode]['group']
type CodeIn<G extends ErrorGroup> = { [C in ErrorCode]: (typeof CATALOGUE)[C]['group'] extends G ? C : never }[ErrorCode]
export type CredentialErrorCode = CodeIn<'credential'>
export type NetworkErrorCode = CodeIn<'network'>

export interface ErrorEntry { reference: string, status: number, group: ErrorGroup }
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = CATALOGUE

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(CATALOGUE).filter(isErrorCode)

/** Whether a value, from another server's response, say, is one of the codes above. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(CATALOGUE, value)
}

/** The particulars of a message: dates, ids, what was expected and found. Never a credential. */
export type ErrorDetails = Readonly<Record<string, string | number | null>>
