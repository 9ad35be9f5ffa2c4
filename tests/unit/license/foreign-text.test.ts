import { describe, expect, it } from 'vitest'
import { foreignAddress, foreignText, titleOf } from '../../../server/license/foreign-text.ts'

describe('other people\'s text', () => {
  it.each([
    ['nginx/1.24.0 (Ubuntu)', 'nginx/1.24.0 (Ubuntu)'], ['Dürer’s Wi‑Fi 你好 🙂', 'Dürer’s Wi‑Fi 你好 🙂'], ['<b>&amp;"\'', '<b>&amp;"\''],
    ['  one \t two\r\n\r\n three\u00a0four\u2028five  ', 'one two three four five'],
    ['a\u0000b\u0007c\u007fd\u0085e', 'a\\u{0}b\\u{7}c\\u{7f}d\\u{85}e'], ['\u001b[31mred', '\\u{1b}[31mred'],
    ['gpj.\u202eexe', 'gpj.\\u{202e}exe'], ['a\u2066b\u2069c\u200fd', 'a\\u{2066}b\\u{2069}c\\u{200f}d'],
    ['zero\u200bwidth\u00ad', 'zero\\u{200b}width\\u{ad}'],
    ['\ue000\u{10ffff}\u0378', '\\u{e000}\\u{10ffff}\\u{378}'], ['half \ud83d of one', 'half \\u{d83d} of one'], ['broken \ufffd', 'broken \\u{fffd}'],
    ['', null], [' \r\n\t\ufeff', null],
  ])('%j is told as %j', (text, told) => {
    expect(foreignText(text)).toBe(told)
  })

  it.each([undefined, null, 7, ['a'], { a: 1 }])('is none where it is no text: %j', (value) => {
    expect(foreignText(value)).toBeNull()
  })

  it.each([
    ['x'.repeat(120), 'x'.repeat(120)], ['x'.repeat(121), `${'x'.repeat(119)}…`],
    ['🙂'.repeat(120), '🙂'.repeat(120)], ['🙂'.repeat(121), `${'🙂'.repeat(119)}…`],
    [`${' '.repeat(500)}x`, 'x'], ['\u0000'.repeat(100), `${'\\u{0}'.repeat(23)}\\u{0…`],
  ])('is never longer than 120 characters, as it is told: %#', (text, told) => {
    expect(foreignText(text)).toBe(told)
    expect([...String(foreignText(text))].length).toBeLessThanOrEqual(120)
  })
})

describe('other people\'s addresses', () => {
  it.each([
    ['https://portal.example/sign-in?token=secret#here', 'https://portal.example/sign-in'],
    ['http://someone:secret@portal.example:8080/', 'http://portal.example:8080'],
    ['HTTP://PORTAL.example', 'http://portal.example'], ['https://192.0.2.1/a/b/', 'https://192.0.2.1/a/b/'],
    ['https://[2001:db8::1]:8443/x', 'https://[2001:db8::1]:8443/x'],
    ['https://portal.example/\u202eexe', 'https://portal.example/%E2%80%AEexe'],
    [`https://portal.example/${'x'.repeat(200)}`, `https://portal.example/${'x'.repeat(96)}…`],
  ])('%s is told as %s', (address, told) => {
    expect(foreignAddress(address)).toBe(told)
  })

  it.each([
    ['/sign-in?next=x', 'https://license.example/sign-in'], ['//portal.example/x', 'https://portal.example/x'], ['../y', 'https://license.example/api/y'],
  ])('%s is told as it is meant where it stands', (address, told) => {
    expect(foreignAddress(address, 'https://license.example/api/v1/ping?q=1')).toBe(told)
  })

  it.each(['', ' ', undefined, null, 7])('%j is none, wherever it stands', (value) => {
    expect([foreignAddress(value), foreignAddress(value, 'https://license.example/api/v1/ping')]).toEqual([null, null])
  })

  it.each(['/sign-in', 'portal.example', 'https://', 'https://a b/'])('%j is none where it stands alone', (value) => {
    expect(foreignAddress(value)).toBeNull()
  })
})

describe('the title of a page', () => {
  it.each([
    ['<html><head><title>Welcome to Airport Wi-Fi</title>', 'Welcome to Airport Wi-Fi'], ['<TITLE lang="en">\n  Sign\n in </TITLE>', 'Sign in'],
    ['<title>One</title><title>Two</title>', 'One'], ['<title>A &amp; B &lt;C&gt; &quot;D&quot; &apos;E&apos;&nbsp;F', 'A & B <C> "D" \'E\' F'],
    ['<title>&#72;i &#128578; &#8238;x', 'Hi 🙂 \\u{202e}x'], ['<title>&#0;&#1114112;&#55357;', '\\u{0}&#1114112;\\u{d83d}'],
    ['<title>&unknown; & &#x41;', '&unknown; & &#x41;'],
    ['<title>cut off', 'cut off'], [`<title>${'x'.repeat(5000)}</title>`, `${'x'.repeat(119)}…`],
    [`${' '.repeat(19_990)}<title>abcdefgh`, 'abc'], [`${' '.repeat(20_000)}<title>too late`, null],
    ['<title></title>', null], ['<title> \n </title>', null], ['<titles>', null], ['no page', null], ['', null],
  ])('%# is told', (html, title) => {
    expect(titleOf(html)).toBe(title)
  })
})
