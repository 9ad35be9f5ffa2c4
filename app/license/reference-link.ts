/** The reference that a link to the troubleshooting section names, in upper or lower case; null if it names none. */
export function referenceIn(hash: string): string | null {
  return /^#(NCL-\w{1,12})$/i.exec(hash)?.[1]?.toUpperCase() ?? null
}
