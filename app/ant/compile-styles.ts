import * as library from 'ant-design-vue'
import postcss from 'postcss'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { COMPONENTS } from './library-parts.ts'
import { createTheme } from './theme.ts'

const { ConfigProvider, createCache, extractStyle, StyleProvider } = library

/** Renders the components in use and collects the styles they generate. */
async function renderStyles(scheme: 'light' | 'dark'): Promise<string> {
  const cache = createCache()
  const parts = () => COMPONENTS.map(({ name }) => h(library[name]))
  await renderToString(createSSRApp({
    render: () => h(StyleProvider, { cache }, () => h(ConfigProvider, { theme: createTheme(scheme) }, parts)),
  }))
  return extractStyle(cache, true)
}

/** One stylesheet for both schemes: the dark rules apply under `[data-theme='dark']`, with the specificity of the light ones. */
export async function compileStyles(): Promise<string> {
  const light = postcss.parse(await renderStyles('light'))
  const dark = postcss.parse(await renderStyles('dark'))
  dark.walkRules((rule) => {
    const isKeyframe = rule.parent?.type === 'atrule' && 'name' in rule.parent && String(rule.parent.name).endsWith('keyframes')
    if (!isKeyframe) rule.selectors = rule.selectors.map(selector => `:where([data-theme='dark']) ${selector}`)
  })
  dark.walkAtRules(/keyframes$/, (rule) => { rule.remove() })
  // Drop a note to the library's runtime, and its link styles: we have our own.
  for (const sheet of [light, dark]) {
    sheet.walkRules(/data-ant-cssinjs-cache-path|^(:where\(\[data-theme='dark'\]\) )?a(:|\[|$|,)/, (rule) => { rule.remove() })
  }
  return `${light}\n${dark}`
}

// Run as a program by component-styles.ts: the library leaves a handle open that would keep the build from ending.
if (process.argv[1] === import.meta.filename) process.stdout.write(await compileStyles(), () => process.exit())
