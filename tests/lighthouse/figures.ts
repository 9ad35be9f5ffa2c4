import type { Result } from 'lighthouse'
import { scoreOf } from './audit.ts'

/* What is read out of one Lighthouse result. */

export interface Figures {
  performance: number
  accessibility: number
  bestPractices: number
  /** Milliseconds. */
  fcp: number
  lcp: number
  tbt: number
  speedIndex: number
  /** Three decimals. */
  cls: number
  /** On the wire, bytes. */
  bytes: { total: number, js: number, css: number, document: number }
  requests: number
}

export interface Lost { id: string, title: string, detail: string }

/** Scores, metrics and sizes of a result. Throws when Lighthouse did not measure one of them. */
export function figuresOf(result: Result): Figures {
  const metric = (id: string) => {
    const value = result.audits[id]?.numericValue
    if (value === undefined) throw new Error(`Lighthouse did not measure ${id}`)
    return value
  }
  const requests = requestsOf(result)
  const bytesOf = (type?: string) => requests.reduce((sum, request) => type && request.type !== type ? sum : sum + request.bytes, 0)
  return {
    performance: scoreOf(result, 'performance'),
    accessibility: scoreOf(result, 'accessibility'),
    bestPractices: scoreOf(result, 'best-practices'),
    fcp: metric('first-contentful-paint'),
    lcp: metric('largest-contentful-paint'),
    tbt: metric('total-blocking-time'),
    speedIndex: metric('speed-index'),
    cls: Math.round(metric('cumulative-layout-shift') * 1000) / 1000,
    bytes: { total: bytesOf(), js: bytesOf('Script'), css: bytesOf('Stylesheet'), document: bytesOf('Document') },
    requests: requests.length,
  }
}

/** The audits that took points from the score of a category. */
export function lostIn(result: Result, category: string): Lost[] {
  const weighted = result.categories[category]?.auditRefs.filter(({ weight }) => weight > 0) ?? []
  return weighted.flatMap(({ id }) => {
    const { score = null, title = '', displayValue = '' } = result.audits[id] ?? {}
    return score === null || score === 1 ? [] : [{ id, title, detail: displayValue }]
  })
}

/** What Lighthouse thinks would make the page faster, the largest estimate first. */
export function opportunitiesIn(result: Result): Lost[] {
  const opportunities = result.categories.performance?.auditRefs.flatMap(({ id, weight }) => {
    const { score = null, title = '', displayValue = '', metricSavings = {} } = result.audits[id] ?? {}
    if (weight > 0 || score === null || score === 1) return []
    const savings = Object.entries(metricSavings).filter(([, saved = 0]) => saved > 0)
    const detail = [displayValue, ...savings.map(([metric, saved = 0]) => `${metric} −${Math.round(saved * 1000) / 1000}`)].filter(Boolean).join(', ')
    return [{ id, title, detail, weight: savings.reduce((sum, [, saved = 0]) => sum + saved, 0) }]
  }) ?? []
  return opportunities.sort((a, b) => b.weight - a.weight)
}

function requestsOf(result: Result): { type: string, bytes: number }[] {
  const { details } = result.audits['network-requests'] ?? {}
  if (details?.type !== 'table') throw new Error('Lighthouse did not list the requests')
  return details.items.map(({ resourceType, transferSize }) => ({
    type: typeof resourceType === 'string' ? resourceType : '', bytes: typeof transferSize === 'number' ? transferSize : 0,
  }))
}
