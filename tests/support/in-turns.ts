/** Asks for all of them, so many at a time; resolves to what came back, in their order. */
export async function inTurns<T, R>(values: T[], atOnce: number, ask: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < values.length; from += atOnce) results.push(...await Promise.all(values.slice(from, from + atOnce).map(ask)))
  return results
}
