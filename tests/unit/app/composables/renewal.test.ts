import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useRenewal } from '../../../../app/composables/useRenewal.ts'
import type { LicenseView } from '../../../../shared/contracts.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const saved = vi.hoisted(() => vi.fn<(name: string, type: string, text: string) => void>())
vi.mock('../../../../app/composables/useTextExport.ts', () => ({ useDownload: () => saved }))

beforeEach(() => {
  openFreshPage()
  saved.mockClear()
})

/** The calendar file, with its lines joined again. */
function fileOf(changes: Partial<LicenseView>): string {
  useRenewal(() => viewOf(changes)).saveReminder()
  return (saved.mock.calls[0]?.[2] ?? '').replaceAll('\r\n ', '')
}

describe('the appointment in a calendar', () => {
  it('asks somebody to renew what does not renew by itself, and says how', () => {
    const file = fileOf({ renews: false })
    expect(file).toContain('SUMMARY:Renew the NocoDB license')
    expect(file).toContain('Renew the subscription\\; the license takes over the new term')
  })

  it('asks nobody for anything where the license renews by itself', () => {
    const file = fileOf({ renews: true })
    expect(file).toContain('SUMMARY:The NocoDB license renews by itself')
    expect(file).toContain('The license renews by itself\\; there is nothing to do')
    expect(file).not.toMatch(/Renew the/)
  })
})
