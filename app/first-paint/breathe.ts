/**
 * Ends the present task while a page is being hydrated, so that what comes next is a task of its own and a click is answered
 * in between: await it at the end of a component's setup, and its part of the page is hydrated by itself.
 */
export async function breathe(): Promise<void> {
  if (import.meta.client && useNuxtApp().isHydrating) await new Promise(resolve => setTimeout(resolve))
}
