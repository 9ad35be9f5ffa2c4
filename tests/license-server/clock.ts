export interface VendorClock {
  /** The vendor's time in whole seconds since 1970, shifted by what the control API asked for. */
  now(): number
  shift(offsetSeconds: number): void
  /** A `seq` above every earlier one, of this process or of one before it. */
  nextSeq(): number
}

/** The vendor's clock, and the counter of what it signs. */
export function createVendorClock(): VendorClock {
  let offset = 0
  let last = 0
  return {
    now: () => Math.floor(Date.now() / 1000) + offset,
    shift: (offsetSeconds) => { offset = offsetSeconds },
    nextSeq: () => {
      // From the machine's clock, never from the shifted one: the counter has to grow across restarts without a file.
      // In microseconds, so that a burst within one millisecond does not run ahead of the time of the next process.
      last = Math.max(last + 1, Date.now() * 1000)
      return last
    },
  }
}
