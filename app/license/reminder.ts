export interface Reminder { id: string, at: Date, made: Date, title: string, text: string }

const stamp = (date: Date) => date.toISOString().replaceAll(/[-:]|\.\d+/g, '')
const escape = (text: string) => text.replaceAll(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')

// Lines are at most 75 octets (RFC 5545 §3.1), continued by a line break and a space.
function fold(line: string): string {
  const encoder = new TextEncoder()
  const lines: string[] = []
  let current = ''
  for (const letter of line) {
    if (encoder.encode(current + letter).length > 75) {
      lines.push(current)
      current = ' '
    }
    current += letter
  }
  return [...lines, current].join('\r\n')
}

/** A calendar file (RFC 5545) with one event of half an hour that rings when it begins. */
export function createReminder({ id, at, made, title, text }: Reminder): string {
  return [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//NocoDB//License//EN', 'BEGIN:VEVENT', `UID:${id}@nocodb-license`,
    `DTSTAMP:${stamp(made)}`, `DTSTART:${stamp(at)}`, 'DURATION:PT30M', `SUMMARY:${escape(title)}`,
    `DESCRIPTION:${escape(text)}`, 'BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${escape(title)}`, 'TRIGGER:PT0S',
    'END:VALARM', 'END:VEVENT', 'END:VCALENDAR', '',
  ].map(fold).join('\r\n')
}
