import type { LicenseState, LicenseView, Role } from '../../shared/contracts.ts'
import type { FindingCause } from '../../shared/findings.ts'
import type { Method } from '../../shared/method-rules.ts'

export interface Account { email: string, password: string }
/** A session, as a cookie to give to a browser or to send. */
export interface SessionCookie { name: string, value: string }

/** Where a panel starts again. */
export interface Beginning {
  /** The present moment from then on, ISO 8601; the machine's time if left out. */
  now?: string
  /** Whether time stands still there. */
  frozen?: boolean
  /** 32 lower-case hexadecimal digits; the panel keeps its own if left out. */
  instanceId?: string
  /** Makes ids, nonces and jitter the same for the same number. */
  random?: number
}

export interface Terms {
  plan?: string
  organization?: string
  /** Null: unlimited. */
  seats?: number | null
  features?: string[]
  /** Length of the term, 365 by default. */
  days?: number
  /** Seconds between check-ins, and of grace after one was missed. */
  every?: number
  grace?: number
  renews?: boolean
}

export interface Seed extends Beginning {
  state?: LicenseState
  method?: Method
  /** What went wrong, by its cause (`data-cause`). */
  finding?: FindingCause
  /** Whom the session is of; null for none. */
  role?: Role | null
  terms?: Terms
  seatsUsed?: number
}

/** Where a panel is. */
export interface Situation { state: LicenseState, entitled: boolean, instanceId: string, /** ISO 8601, UTC. */ now: string, license: LicenseView }

export interface Seeded extends Situation {
  /** The key or token that was saved. */
  credential: string | null
  /** What to paste to meet the finding, if it is about a credential. */
  paste: string | null
  /** The password of the administrator is the panel's `account.password`, and not told again. */
  account: { email: string, password: string | null, role: Role } | null
  cookie: SessionCookie | null
}

/** A running panel, and what can be done with it from outside. Each call rejects with the panel's own words if it fails. */
export interface Panel {
  readonly url: string
  readonly instanceId: string
  /** The administrator. */
  readonly account: Account
  /** For `/api/entitlements`, `/api/features` and `/metrics`. */
  readonly serviceToken: string
  /** Lets time pass; resolves when everything that became due has been done. Sessions grow older only if asked to. */
  advance(seconds: number, options?: { sessions?: boolean }): Promise<Situation>
  /** A first start, with nobody signed in and no license. */
  reset(beginning?: Beginning): Promise<Situation>
  /** A first start, and then the story that leads to this state. */
  seed(seed?: Seed): Promise<Seeded>
  /** From now on every call to the license server fails for this cause; null ends that. */
  outage(cause: FindingCause | null): Promise<Situation>
  situation(): Promise<Situation>
  signIn(account?: Account): Promise<SessionCookie>
  /** What it has logged. */
  logs(): string
}

interface PanelParts { url: string, instanceId: string, account: Account, serviceToken: string, logs: () => string }

export function createPanel({ url, account, serviceToken, logs, ...parts }: PanelParts): Panel {
  let { instanceId } = parts

  async function call<T extends Situation>(path: string, body?: object): Promise<T> {
    const response = await fetch(`${url}/__sandbox/${path}`, body === undefined ? {} : {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`/__sandbox/${path} answered ${response.status}: ${text}`)
    const situation: T = JSON.parse(text)
    instanceId = situation.instanceId
    return situation
  }

  return {
    url, account, serviceToken, logs,
    get instanceId() { return instanceId },
    advance: (seconds, options = {}) => call('advance', { seconds, ...options }),
    reset: (beginning = {}) => call('reset', beginning),
    seed: (seed = {}) => call('seed', seed),
    outage: cause => call('outage', { cause }),
    situation: () => call(''),
    async signIn(who = account) {
      const response = await fetch(`${url}/api/auth/login`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: who.email, password: who.password }),
      })
      const [name, value] = /^([^=;]+)=([^;]*)/.exec(response.headers.getSetCookie()[0] ?? '')?.slice(1) ?? []
      if (!response.ok || name === undefined || value === undefined) throw new Error(`signing in answered ${response.status}: ${await response.text()}`)
      return { name, value }
    },
  }
}
