import { describe, expect, it } from 'vitest'
import { createVendorClock } from './clock.ts'

const T = Date.parse('2026-05-04T10:00:00Z')
const INSTALLATION = 'a1'.repeat(16)

describe('the time that an installation says it is', () => {
  it('shows the time that was told however long the answer takes, and only to that installation', () => {
    let machine = T + 5_000_999
    const clock = createVendorClock(() => machine)
    clock.follow(INSTALLATION, T)
    machine += 1500
    expect(clock.of({ installation: INSTALLATION }).now()).toBe(T / 1000)
    expect(clock.of({ installation: 'b2'.repeat(16) }).now()).toBe(T / 1000 + 5002)
  })

  it('goes on once it is shifted', () => {
    let machine = T
    const clock = createVendorClock(() => machine)
    clock.follow(INSTALLATION, T + 60_000)
    clock.shift({ installation: INSTALLATION, offsetSeconds: 60 })
    machine += 2000
    expect(clock.of({ installation: INSTALLATION }).now()).toBe(T / 1000 + 62)
  })
})
