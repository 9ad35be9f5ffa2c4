import * as library from 'ant-design-vue'
import postcss from 'postcss'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { CLASSES, COMPONENTS } from './library-parts.ts'
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

const USED: ReadonlySet<string> = new Set(CLASSES)

/** Whether an element of our pages can have all that a selector asks for. */
function isUsed(selector: string): boolean {
  const asked = selector.replaceAll(/:not\([^)]*\)/g, '').matchAll(/\.([a-z][\w-]*)/gi)
  return [...asked].every(([, name = '']) => USED.has(name))
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
  for (const sheet of [light, dark]) {
    // Of what is dropped, most is for fields in groups, for lists, and for buttons of other sizes and shapes.
    sheet.walkRules((rule) => {
      const used = rule.selectors.filter(isUsed)
      if (used.length > 0) rule.selectors = used
      else rule.remove()
    })
    // For links we have styles of our own.
    sheet.walkRules(/^(:where\(\[data-theme='dark'\]\) )?a(:|\[|$|,)/, (rule) => { rule.remove() })
  }
  return `${light}\n${dark}`
}

// Run as a program by component-styles.ts: the library leaves a handle open that would keep the build from ending.
if (process.argv[1] === import.meta.filename) process.stdout.write(await compileStyles(), () => process.exit())
