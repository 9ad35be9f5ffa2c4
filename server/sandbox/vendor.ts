/* The sandbox license server's control API, as far as seeds need it. */

export interface Terms {
  plan?: string | undefined
  organization?: string | undefined
  seats?: number | null | undefined
  features?: string[] | undefined
  days?: number | undefined
  every?: number | undefined
  grace?: number | undefined
  renews?: boolean | undefined
}

export interface Vendor {
  /** Makes a license of this key, in place of one there may be. */
  createLicense(key: string, method: string, terms: Terms & { exp: number }): Promise<void>
  setStatus(key: string, status: string): Promise<void>
  /** An offline token of this installation, but for what the order says. */
  issueToken(instanceId: string, order: Record<string, unknown>): Promise<string>
  /** Has the vendor's clock show this installation `at`, ms. */
  setClock(instanceId: string, at: number): Promise<void>
  /** Forgets what it knows of an installation. */
  forget(instanceId: string): Promise<void>
}

/** Raised when the license server is none of ours, or will not do as told. */
export class VendorError extends Error {
  override readonly name = 'VendorError'
}

/** `headers` of every request: they carry the sandbox's time. */
export function createVendor(baseUrl: string, headers: () => Record<string, string>): Vendor {
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${baseUrl}/__sandbox/${path}`, {
      method, headers: { ...headers(), 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new VendorError(`The sandbox license server at ${baseUrl} cannot be reached: ${String(error)}`)
    })
    const text = await response.text()
    if (!response.ok) throw new VendorError(`The license server at ${baseUrl} answered ${response.status} to ${method} /__sandbox/${path}: ${text.slice(0, 300)}`)
    return JSON.parse(text)
  }
  return {
    async createLicense(key, method, { days: _days, ...terms }) {
      await call('DELETE', `licenses/${key}`).catch(() => undefined)
      await call('POST', 'licenses', { key, method, ...terms })
    },
    async setStatus(key, status) {
      await call('PATCH', `licenses/${key}`, { status })
    },
    async issueToken(instanceId, order) {
      const answer = await call('POST', 'tokens', { instance_id: instanceId, ...order })
      return String(Object(answer).token)
    },
    async setClock(instanceId, at) {
      await call('POST', 'clock', { installation: instanceId, offsetSeconds: Math.floor(at / 1000) - Math.floor(Date.now() / 1000) })
    },
    async forget(instanceId) {
      await call('POST', 'reset', { installation: instanceId })
    },
  }
}
