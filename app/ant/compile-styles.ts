import { Button, ConfigProvider, createCache, extractStyle, Input, StyleProvider, Textarea } from 'ant-design-vue'
import postcss from 'postcss'
import type { Component } from 'vue'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createTheme } from './theme.ts'

/** Every component of ant-design-vue on the pages; a test compares it with their templates. */
export const STYLED: Readonly<Record<string, Component>> = { Button, Input, Textarea }

/** The styles of the components in use, as these work them out while they render. */
async function renderStyles(scheme: 'light' | 'dark'): Promise<string> {
  const cache = createCache()
  const parts = () => Object.values(STYLED).map(part => h(part))
  await renderToString(createSSRApp({
    render: () => h(StyleProvider, { cache }, () => h(ConfigProvider, { theme: createTheme(scheme) }, parts)),
  }))
  return extractStyle(cache, true)
}

/** One stylesheet for both schemes: dark rules hold under `[data-theme='dark']`, at the specificity of the light ones. */
export async function compileStyles(): Promise<string> {
  const light = postcss.parse(await renderStyles('light'))
  const dark = postcss.parse(await renderStyles('dark'))
  dark.walkRules((rule) => {
    const isKeyframe = rule.parent?.type === 'atrule' && 'name' in rule.parent && String(rule.parent.name).endsWith('keyframes')
    if (!isKeyframe) rule.selectors = rule.selectors.map(selector => `:where([data-theme='dark']) ${selector}`)
  })
  dark.walkAtRules(/keyframes$/, (rule) => { rule.remove() })
  // A note to the library's own run time, and its idea of a link, which is ours to have.
  for (const sheet of [light, dark]) {
    sheet.walkRules(/data-ant-cssinjs-cache-path|^(:where\(\[data-theme='dark'\]\) )?a(:|\[|$|,)/, (rule) => { rule.remove() })
  }
  return `${light}\n${dark}`
}

// Run as a program by component-styles.ts: the library leaves a handle open, on which the build would wait for good.
if (process.argv[1] === import.meta.filename) process.stdout.write(await compileStyles(), () => process.exit())
