/**
 * Yields to the event loop during hydration, so that clicks are handled before the next part of the page is hydrated. Await it
 * at the end of a component's setup.
 */
export async function breathe(): Promise<void> {
  if (import.meta.client && useNuxtApp().isHydrating) await new Promise(resolve => setTimeout(resolve))
}
