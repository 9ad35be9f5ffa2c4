import type { Component } from 'vue'
import { createRenderer, h, markRaw, nextTick, shallowReactive, Suspense } from 'vue'
import { vi } from 'vitest'

/** An element of a page without a browser: what is in it, and as much as the focus and dialogs need. */
export class FakeElement {
  readonly tag: string
  readonly attributes = new Map<string, unknown>()
  parent: FakeElement | null = null
  children: FakeElement[] = []
  text = ''
  /** Of a dialog. */
  open = false
  private opener: FakeElement | null = null
  private readonly page: FakePage

  constructor(page: FakePage, tag: string) {
    this.page = page
    this.tag = tag
    // As Vue takes those of a browser.
    markRaw(this)
  }

  focus(): void { this.page.activeElement = this }
  contains(other: FakeElement | null): boolean { return other !== null && (other === this || this.contains(other.parent)) }
  get isConnected(): boolean { return this.page.body.contains(this) }
  showModal(): void {
    this.open = true
    this.opener = this.page.activeElement
  }
  /** Gives the focus back to what had it, as browsers do. */
  close(): void {
    this.open = false
    this.page.activeElement = this.opener?.isConnected ? this.opener : this.page.body
  }
}

/** Stands in for the document until `vi.unstubAllGlobals()`. */
export class FakePage {
  readonly body = new FakeElement(this, 'body')
  activeElement = this.body

  constructor() {
    vi.stubGlobal('document', this)
  }

  /** A new element in the page's body. */
  add(tag: string, id = ''): FakeElement {
    const element = new FakeElement(this, tag)
    element.attributes.set('id', id)
    place(element, this.body)
    return element
  }
  /** Takes an element away, and the focus with it. */
  take(element: FakeElement): void {
    if (element.contains(this.activeElement)) this.activeElement = this.body
    if (element.parent) element.parent.children = element.parent.children.filter(each => each !== element)
    element.parent = null
  }
  find(fits: (element: FakeElement) => boolean, within = this.body): FakeElement | null {
    if (fits(within)) return within
    for (const child of within.children) {
      const found = this.find(fits, child)
      if (found) return found
    }
    return null
  }
  /** What has the focus, by its id, or else by its tag. */
  get focused(): unknown { return this.activeElement.attributes.get('id') || this.activeElement.tag }
  getElementById(id: string): FakeElement | null { return this.find(element => element.attributes.get('id') === id) }

  /** Shows a component of the app as the browser does; what is set in `props` later is shown, too. `parts`: what else it uses. */
  async show<Props extends Record<string, unknown>>(
    component: Component, first: Props, parts: Record<string, Component> = {},
  ): Promise<{ props: Props, leave: () => void }> {
    const make = (tag: string) => new FakeElement(this, tag)
    const { createApp } = createRenderer<FakeElement, FakeElement>({
      insert: place, remove: element => this.take(element), createElement: make,
      createText: text => Object.assign(make('#text'), { text }), createComment: () => make('#comment'),
      setText: (element, text) => { element.text = text }, setElementText: (element, text) => { element.text = text },
      parentNode: ({ parent }) => parent, nextSibling: element => element.parent?.children[element.parent.children.indexOf(element) + 1] ?? null,
      patchProp: (element, name, _before, value) => { element.attributes.set(name, value) },
    })
    const props = shallowReactive(first)
    const app = createApp({ render: () => h(Suspense, null, { default: () => h(component, { ...props }) }) })
    app.config.warnHandler = (message) => { throw new Error(message) }
    for (const [name, part] of Object.entries(parts)) app.component(name, part)
    app.mount(this.add('div'))
    await nextTick()
    return { props, leave: () => app.unmount() }
  }
}

function place(element: FakeElement, parent: FakeElement, before?: FakeElement | null): void {
  if (element.parent) element.parent.children = element.parent.children.filter(each => each !== element)
  const at = before ? parent.children.indexOf(before) : -1
  parent.children.splice(at < 0 ? parent.children.length : at, 0, element)
  element.parent = parent
}
