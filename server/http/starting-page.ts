import { createHash } from 'node:crypto'

/*
 * Shown while the database cannot be reached. It is self-contained, since nothing that pages need can be relied on yet, and
 * reloads by itself.
 */

interface Words { title: string, text: string }

/** Kept here rather than in app/locales, because the code that loads those is not running yet. */
const WORDS: Readonly<Record<string, Words>> = {
  'en': { title: 'Starting', text: 'The license panel is waiting for its database. As soon as the database answers, this page continues by itself.' },
  'de': { title: 'Wird gestartet', text: 'Die Lizenzverwaltung wartet auf ihre Datenbank. Sobald die Datenbank antwortet, geht es auf dieser Seite von selbst weiter.' },
  'fr': { title: 'Démarrage en cours', text: 'Le panneau de licence attend sa base de données. Dès que celle-ci répond, la page s’affiche d’elle-même.' },
  'es': { title: 'Iniciando', text: 'El panel de licencias está esperando a su base de datos. Esta página continuará sola en cuanto responda.' },
  'pt-BR': { title: 'Iniciando', text: 'O painel de licenças está aguardando o banco de dados. Esta página continua sozinha assim que ele responder.' },
  'ja': { title: '起動しています', text: 'ライセンスパネルはデータベースの応答を待っています。応答があり次第、このページは自動的に切り替わります。' },
  'zh-CN': { title: '正在启动', text: '许可证面板正在等待数据库。数据库一有响应，此页面便会自动继续。' },
  'ar': { title: 'جارٍ بدء التشغيل', text: 'لوحة الترخيص في انتظار قاعدة البيانات. ستتابع هذه الصفحة من تلقاء نفسها فور استجابتها.' },
}
const STYLE = ':root{color-scheme:light dark;font-family:system-ui,sans-serif}'
  + 'body{min-height:90vh;display:grid;place-content:center;justify-items:start;margin:0 auto;max-width:30rem;padding:1.5rem;line-height:1.5}'
  + 'h1{font-size:1.25rem;margin:0}p{margin:.5rem 0 0}'
const HASH = createHash('sha256').update(STYLE).digest('base64')

export const STARTING_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
}

export interface Visitor {
  /** The language chosen on an earlier visit. */
  chosen: string | undefined
  /** Accept-Language (RFC 9110 §12.5.4). */
  accepted: string | undefined
}

/** Renders the page in the visitor's language. It reloads after `againAfter` seconds. */
export function startingPage(visitor: Visitor, againAfter: number): string {
  const language = languageOf(visitor)
  const { title = '', text = '' } = WORDS[language] ?? {}
  return `<!DOCTYPE html>
<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="${againAfter}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<p role="status">${text}</p>
</body>
</html>
`
}

function languageOf({ chosen = '', accepted = '' }: Visitor): string {
  if (Object.hasOwn(WORDS, chosen)) return chosen
  const wanted = accepted.slice(0, 500).split(',').map(part => part.split(';')[0]?.trim().toLowerCase() ?? '')
  const known = Object.keys(WORDS)
  const found = wanted.map(tag => known.find(name => name.toLowerCase() === tag)
    ?? known.find(name => tag !== '' && name.toLowerCase().split('-')[0] === tag.split('-')[0]))
  return found.find(name => name !== undefined) ?? 'en'
}
