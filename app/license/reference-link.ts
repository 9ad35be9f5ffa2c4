/** The reference that a link to the troubleshooting section names, in upper or lower case; null if it names none. */
export function referenceIn(hash: string): string | null {
  return /^#(NCL-\w{1,12})$/i.exec(hash)?.[1]?.toUpperCase() ?? null
}

/** Where the entries of references are. `hash` ends with the one that is looked for. */
export function helpOf(hash: string): { path: string, hash: string } {
  return { path: '/admin/diagnostics', hash }
}
