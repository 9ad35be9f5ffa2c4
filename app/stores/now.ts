import { useState } from '#imports'

/** Milliseconds of the server's clock; moves after mount. Equal on both sides while hydrating. */
export function useNow() {
  return useState('now', () => 0)
}
