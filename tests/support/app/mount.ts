import { createRenderer } from 'vue'

interface Part { parent: Part | null }
const part = (): Part => ({ parent: null })
const ignore = (): void => {}

/* Runs components without a document: only mounting and unmounting matter here. */
const { createApp } = createRenderer<Part, Part>({
  insert: ignore, remove: ignore, createElement: part, createText: part, createComment: part, setText: ignore, setElementText: ignore,
  parentNode: ({ parent }) => parent, nextSibling: () => null, patchProp: ignore,
})

/** Runs a composable in a component of its own; returns its result and a function that unmounts the component. */
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
