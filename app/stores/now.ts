import { useState } from '#imports'

/** The server's clock, ms since 1970. Starts moving after mount, so that server and browser agree during hydration. */
export function useNow() {
  return useState('now', () => 0)
}
