/* JSON pointers within a document, as URI fragments (RFC 6901 §6). */

/** The pointer to a member, from where another leads or from the root (`#`). */
export function pointerTo(from: string, ...parts: string[]): string {
  return `${from}${parts.map(part => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`
}

export function resolvePointer(document: unknown, pointer: string): unknown {
  return pointer.replace(/^#\/?/, '').split('/').filter(Boolean)
    .reduce<unknown>((value, part) => Object(value)[part.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}
