/** The components in use, each from its own file: the library's index would bring its relatives along. */
export const COMPONENTS = [
  { name: 'Button', file: 'button/button' }, { name: 'Input', file: 'input/Input' }, { name: 'Textarea', file: 'input/TextArea' },
] as const

/** Every class of the library that an element of our pages has; styles for others are left out. */
export const CLASSES = [
  'ant-btn', 'ant-btn-default', 'ant-btn-primary', 'ant-btn-text', 'ant-btn-dangerous', 'ant-btn-sm', 'ant-btn-block', 'ant-btn-rtl',
  'ant-btn-loading', 'ant-btn-loading-icon', 'ant-btn-disabled',
  'ant-input', 'ant-input-disabled', 'ant-input-rtl', 'ant-input-status-error',
] as const

/** Parts of the library that these components import and never need, and what stands in their place. */
export const REPLACED: readonly { id: RegExp, by: string }[] = [
  {
    // Compiled into one stylesheet.
    id: /\/ant-design-vue\/es\/[\w-]+\/style\/index\.js$/,
    by: 'export default () => [node => node, { value: \'\' }]',
  },
  // The click animation spreads past its button and would widen a narrow page.
  { id: /\/ant-design-vue\/es\/_util\/wave\/index\.js$/, by: 'const still = (_, { slots }) => slots.default()[0]; still.props = [\'disabled\']; export default still' },
  // What lists and tables show when they are empty, with its words, pictures and colours.
  { id: /\/ant-design-vue\/es\/config-provider\/renderEmpty\.js$/, by: 'export const DefaultRenderEmpty = () => null' },
  // Fields that grow by a script: ours grow by their style.
  { id: /\/ant-design-vue\/es\/input\/calculateNodeHeight\.js$/, by: 'export default () => ({})' },
  // Groups of buttons and of fields, whose members ask for their size and corners; with the theme's calculations and its colours.
  { id: /\/ant-design-vue\/es\/button\/button-group\.js$/, by: 'export const GroupSizeContext = { useInject: () => ({}) }' },
  {
    id: /\/ant-design-vue\/es\/space\/Compact\.js$/,
    by: `export const useCompactItemContext = () => ({ compactSize: { value: undefined }, compactItemClassnames: { value: '' } })
export const NoCompactStyle = (_, { slots }) => slots.default()`,
  },
  // Icons with a runtime of their own, which computes colours and inserts styles.
  { id: /\/@ant-design\/icons-vue\/es\/icons\/LoadingOutlined\.js$/, by: 'export { LoaderCircle as default } from \'@lucide/vue\'' },
  { id: /\/@ant-design\/icons-vue\/es\/icons\/CloseCircleFilled\.js$/, by: 'export default () => null' },
]

/** Outside development, the props are not checked: as above, with the shim that the library's library has for this. */
export const UNCHECKED_PROPS = {
  id: /\/ant-design-vue\/es\/_util\/vue-types\/index\.js$/,
  by: `import { createTypes } from 'vue-types/dist/shim.modern.js'
const types = createTypes({})
for (const [name, type] of [['looseBool', Boolean], ['style', [String, Object]], ['VueNode', null]]) types.extend({ name, type, getter: true })
export const withUndefined = type => Object.assign(type, { default: undefined })
export default types`,
}
