import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compileStyles } from '../../../../app/ant/compile-styles.ts'
import { CLASSES, COMPONENTS, REPLACED, UNCHECKED_PROPS } from '../../../../app/ant/library-parts.ts'

const APP = new URL('../../../../app/', import.meta.url)
const templates = readdirSync(APP, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.vue'))
  .map(file => readFileSync(new URL(file, APP), 'utf8')).join('\n')

test('every component of ant-design-vue on the pages is one of those that are brought in and styled, and no other', () => {
  const used = new Set([...templates.matchAll(/<A([A-Z]\w+)/g)].map(([, name]) => name))
  expect([...used].toSorted()).toEqual(COMPONENTS.map(({ name }) => name).toSorted())
})

test('what is replaced is there to be replaced', () => {
  const installed = ['ant-design-vue/es', '@ant-design/icons-vue/es/icons'].flatMap((folder) => {
    const files = readdirSync(new URL(`../node_modules/${folder}/`, APP), { recursive: true, encoding: 'utf8' })
    return files.map(file => `/${folder}/${file}`)
  })
  for (const { file } of COMPONENTS) expect(installed).toContain(`/ant-design-vue/es/${file}.js`)
  for (const { id } of [...REPLACED, UNCHECKED_PROPS]) expect(installed.some(file => id.test(file)), String(id)).toBe(true)
})

test('the stylesheet has both colour schemes, and what is dark only under the dark one', async () => {
  const sheet = await compileStyles()
  const light = sheet.slice(0, sheet.indexOf(':where([data-theme'))
  const dark = sheet.slice(light.length)
  for (const selector of ['.ant-btn', '.ant-btn-primary', '.ant-btn-default.ant-btn-dangerous', '.ant-input', 'textarea.ant-input']) {
    expect(light).toContain(selector)
    expect(dark).toContain(`:where([data-theme='dark']) ${selector}`)
  }
  const field = (text: string) => /\.ant-input\{[^}]*background-color:(#\w+)/.exec(text)?.[1]
  expect([field(light), field(dark)]).toEqual(['#ffffff', '#2b2b2b'])
  // Nothing of the dark one stands where it would hold in the light one too.
  expect(dark.replaceAll(/:where\(\[data-theme='dark'\]\)[^{]*\{[^}]*\}/g, '').trim()).toBe('')
  expect(sheet).not.toContain('data-ant-cssinjs')
  const styled = new Set([...sheet.replaceAll(/:not\([^)]*\)/g, '').matchAll(/\.(ant[\w-]*)/g)].map(([, name = '']) => name))
  expect([...styled].filter(name => !CLASSES.some(known => known === name))).toEqual([])
  expect(styled.size).toBeGreaterThan(10)
  // Links look as our own stylesheet says, focus included.
  expect(sheet).not.toMatch(/[},\s]a(:\w+)?\{/)
})
