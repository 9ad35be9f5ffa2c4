import { createRenderer } from 'vue'

interface Part { parent: Part | null }
const part = (): Part => ({ parent: null })
const ignore = (): void => {}

/* Components without a document: of a page only its beginning and its end matter here. */
const { createApp } = createRenderer<Part, Part>({
  insert: ignore, remove: ignore, createElement: part, createText: part, createComment: part, setText: ignore, setElementText: ignore,
  parentNode: ({ parent }) => parent, nextSibling: () => null, patchProp: ignore,
})

/** Runs a composable in a component of its own; returns what it returned, and what ends the component. */
export function mountWith<T>(setup: () => T): { value: T, unmount: () => void } {
  let made: { value: T } | undefined
  const app = createApp({
    setup() {
      made = { value: setup() }
      return () => null
    },
  })
  app.mount(part())
  if (!made) throw new Error('the component was not set up')
  return { ...made, unmount: () => app.unmount() }
}
