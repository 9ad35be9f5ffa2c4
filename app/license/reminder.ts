export interface Reminder { id: string, at: Date, made: Date, title: string, text: string }

const stamp = (date: Date) => date.toISOString().replaceAll(/[-:]|\.\d+/g, '')
const escape = (text: string) => text.replaceAll(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')

// Lines are at most 75 octets, continued after a line break and a space (RFC 5545 §3.1).
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

/** A calendar file (RFC 5545) with one half-hour event and an alarm at its start. */
export function createReminder({ id, at, made, title, text }: Reminder): string {
  return [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//NocoDB//License//EN', 'BEGIN:VEVENT', `UID:${id}@nocodb-license`,
    `DTSTAMP:${stamp(made)}`, `DTSTART:${stamp(at)}`, 'DURATION:PT30M', `SUMMARY:${escape(title)}`,
    `DESCRIPTION:${escape(text)}`, 'BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${escape(title)}`, 'TRIGGER:PT0S',
    'END:VALARM', 'END:VEVENT', 'END:VCALENDAR', '',
  ].map(fold).join('\r\n')
}
