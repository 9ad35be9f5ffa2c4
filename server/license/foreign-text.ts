/* Other people's text in a finding: never more than a glance, and nothing that could pass for something else. */

const MOST = 120

/** A text from outside as a fact: one line, control and direction characters escaped, at most 120 characters. Null if empty. */
export function foreignText(text: unknown): string | null {
  if (typeof text !== 'string') return null
  const line = text.replaceAll(/\s+/g, ' ').trim().replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\ufffd]/gu, escapeCharacter)
  const characters = [...line]
  return (characters.length > MOST ? `${characters.slice(0, MOST - 1).join('')}…` : line) || null
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/** An address as a fact: scheme, host and path alone. Null if it is no address. */
export function foreignAddress(text: unknown, base?: string): string | null {
  if (typeof text !== 'string' || text.trim() === '' || !URL.canParse(text, base)) return null
  const { protocol, host, pathname } = new URL(text, base)
  return foreignText(`${protocol}//${host}${pathname === '/' ? '' : pathname}`)
}

const TITLE = /<title[^<>]*>([^<]{1,1000})/i
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'', nbsp: ' ' }

/** The title of a web page, or null. */
export function titleOf(html: string): string | null {
  const title = TITLE.exec(html.slice(0, 20_000))?.[1]
  return foreignText(title?.replaceAll(/&(?:#(\d{1,7})|(\w{2,6}));/g, (whole, code: string | undefined, name: string | undefined) =>
    code === undefined ? ENTITIES[name ?? ''] ?? whole : Number(code) <= 0x10ffff ? String.fromCodePoint(Number(code)) : whole))
}
