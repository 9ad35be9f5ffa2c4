import { chromium } from '@playwright/test'
import type { Config, Flags, Result } from 'lighthouse'
import lighthouse, { desktopConfig } from 'lighthouse'
import { startChromium } from './chromium.ts'

/* Lighthouse on one page of a signed-in administrator, several times, each time in a browser that has never been there. */

export interface Preset {
  name: string
  /** Lighthouse's own default, a slow phone, unless given. */
  config?: Config
  /** Slows network and processor down for real, instead of calculating what that would do. */
  reallySlow?: boolean
}

export const MOBILE: Preset = { name: 'mobile' }
export const DESKTOP: Preset = { name: 'desktop', config: desktopConfig }
export const THROTTLED: Preset = { name: 'mobile, really throttled', reallySlow: true }

export interface Target {
  browser: string
  url: string
  session: { name: string, value: string }
  /** Words that are on this page and on no other. */
  sign: string
}

export interface Run { result: Result, html: string }

/** Audits so many times; the run whose performance score is the median, and all those scores. */
export async function auditMedian(target: Target, preset: Preset, runs: number, resources: AsyncDisposableStack): Promise<{ median: Run, scores: number[] }> {
  const done: Run[] = []
  for (let run = 0; run < runs; run++) done.push(await audit(target, preset, resources))
  done.sort((a, b) => scoreOf(a.result, 'performance') - scoreOf(b.result, 'performance'))
  const median = done[Math.floor((runs - 1) / 2)]
  if (!median) throw new Error('at least one run is needed')
  return { median, scores: done.map(({ result }) => scoreOf(result, 'performance')) }
}

/** The score of a category, 0 to 100. Throws when Lighthouse gave none. */
export function scoreOf(result: Result, category: string): number {
  const score = result.categories[category]?.score
  if (typeof score !== 'number') {
    const failed = Object.values(result.audits).filter(({ errorMessage }) => errorMessage)
    throw new Error(`Lighthouse gave no score for ${category}: ${failed.map(({ id, errorMessage }) => `${id}: ${errorMessage}`).join('; ')}`)
  }
  return Math.round(score * 100)
}

async function audit(target: Target, preset: Preset, resources: AsyncDisposableStack): Promise<Run> {
  const browser = await startChromium(target.browser)
  resources.defer(() => browser.close())
  try {
    await enter(browser.port, target)
    const flags: Flags = {
      port: browser.port, logLevel: 'error', output: 'html', onlyCategories: ['performance', 'accessibility', 'best-practices'],
      ...(preset.reallySlow ? { throttlingMethod: 'devtools' } : {}),
    }
    const { lhr, report, artifacts } = await lighthouse(target.url, flags, preset.config) ?? {}
    if (!lhr || typeof report !== 'string') throw new Error('Lighthouse returned nothing')
    if (lhr.runtimeError) throw new Error(`Lighthouse failed: ${lhr.runtimeError.message}`)
    if (lhr.finalDisplayedUrl !== target.url) throw new Error(`${lhr.finalDisplayedUrl} was audited instead of ${target.url}`)
    if (!artifacts?.MainDocumentContent.includes(target.sign)) throw new Error(`the audited page does not hold "${target.sign}"`)
    return { result: lhr, html: report }
  }
  finally {
    await browser.close()
  }
}

/** A Cookie header that Lighthouse adds itself is lost when the browser repeats its first request with client hints. */
async function enter(port: number, { url, session }: Target): Promise<void> {
  const connected = await chromium.connectOverCDP(`http://127.0.0.1:${port}`)
  await connected.contexts()[0]?.addCookies([{ ...session, url: new URL(url).origin, httpOnly: true, sameSite: 'Lax' }])
  await connected.close()
}
