import type { Page, Request } from '@playwright/test'
import { expect } from '@playwright/test'

/** What a page has requested; for one that is opened after this. */
export interface Requests {
  /** Waits until everything that was requested has been answered, and what the page loads when it is idle has been, too. */
  answered(): Promise<void>
  /** Waits until everything is answered, and makes new requests wait for `release`. */
  hold(): Promise<void>
  release(): void
}

/** Idle moments after which nothing more is loaded in advance. */
const IDLE_MOMENTS = 3

export function watchRequests(page: Page): Requests {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const open = new Set<Request>()
  page.on('request', request => open.add(request))
  page.on('requestfinished', request => open.delete(request))
  page.on('requestfailed', request => open.delete(request))
  const none = () => expect.poll(() => [...open].map(request => request.url())).toEqual([])
  async function answered() {
    for (let nth = 0; nth < IDLE_MOMENTS; nth++) {
      await page.evaluate(() => new Promise(resolve => requestIdleCallback(resolve)))
      await none()
    }
  }
  return {
    answered,
    async hold() {
      // A request that is sent while routing begins is neither routed nor told of before its answer: there must be none.
      await answered()
      await page.route('**/*', (route, request) => {
        open.delete(request)
        return released.then(() => route.continue())
      })
      await page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)))
      await none()
    },
    release,
  }
}
