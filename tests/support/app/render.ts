import type { Component } from 'vue'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import ClampedText from '../../../app/components/common/ClampedText.vue'
import FindingText from '../../../app/components/common/FindingText.vue'

const NuxtLink = defineComponent({
  props: { to: { type: String, required: true } },
  setup: ({ to }, { slots }) => () => h('a', { href: to }, slots.default?.()),
})

const KNOWN = { NuxtLink, CommonClampedText: ClampedText, CommonFindingText: FindingText }

/** Renders a component of the app as the server does, on the page that `openFreshPage` opened. `others`: what else it uses. */
export function render(component: Component, props: Record<string, unknown>, others: Record<string, Component> = {}): Promise<string> {
  const app = createSSRApp({ render: () => h(component, props) })
  app.config.warnHandler = (message) => { throw new Error(message) }
  for (const [name, other] of Object.entries({ ...KNOWN, ...others })) app.component(name, other)
  return renderToString(app)
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

/** The texts of a page, each element's on a line of its own, as a reader finds them. */
export function textsIn(html: string): string[] {
  return html.replaceAll(/<!--.*?-->/gs, '').split(/<[^>]*>/)
    .map(text => text.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
      code ? String.fromCodePoint(Number(code)) : ENTITIES[name ?? ''] ?? whole).trim())
    .filter(text => text !== '')
}
