import { theme as antd } from 'ant-design-vue'

type ColorScheme = 'light' | 'dark'

/* From assets/main.css, where a language may have a typeface of its own. */
const FONT = 'var(--font)'
const MONOSPACE = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"

const shared = {
  colorPrimary: '#3366FF',
  // Darker on hover, where ant-design-vue would make it lighter: white text stays readable on it.
  colorPrimaryHover: '#2952CC',
  colorPrimaryActive: '#1F3D99',
  // Otherwise ant-design-vue derives links and notices from its own blue.
  colorInfo: '#3366FF',
  colorSuccess: '#17803D',
  colorWarning: '#FA8231',
  colorError: '#CB3F36',
  fontFamily: FONT,
  fontFamilyCode: MONOSPACE,
  fontSize: 14,
  lineHeight: 24 / 14,
  borderRadius: 8,
  borderRadiusLG: 16,
  borderRadiusSM: 6,
  controlHeight: 40,
  controlHeightSM: 32,
}

const light = {
  colorTextBase: '#1F293A',
  colorBorder: '#D5D5D9',
  colorBorderSecondary: '#E7E7E9',
  colorTextPlaceholder: '#6A7184',
  colorLink: '#2952CC',
}

const dark = {
  colorBgBase: '#171717',
  colorTextBase: '#E2E9F6',
  colorBorder: '#505257',
  colorBorderSecondary: '#3B3D40',
  colorBgElevated: '#2A2C2E',
  colorTextPlaceholder: '#989CA5',
  colorLink: '#8EB6FF',
}

/** The theme of ant-design-vue's components; our own elements are styled in assets/main.css. */
export function createTheme(scheme: ColorScheme) {
  const isDark = scheme === 'dark'
  return {
    // One set of class names for both schemes.
    hashed: false,
    algorithm: isDark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      ...shared,
      ...(isDark ? dark : light),
    },
    components: {
      // The dark algorithm dims the brand colour, but white button text needs the original.
      Button: { colorPrimary: '#3366FF', primaryShadow: 'none', dangerShadow: 'none', defaultShadow: 'none' },
    },
  }
}
