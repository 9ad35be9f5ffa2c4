/* What was typed and not saved, kept for one person over the end of a session, in this tab alone. */

const NAME = 'license-draft'

/** Keeps a text for this account. Without a store (private browsing) it is lost. */
export function keepDraft(account: string, text: string): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify([account, text]))
  }
  catch {
    // Nothing is kept.
  }
}

/** Takes out what was kept; '' if that was nothing, or somebody else's. */
export function takeDraft(account: string | undefined): string {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(NAME) ?? 'null')
    sessionStorage.removeItem(NAME)
    return Array.isArray(kept) && kept[0] === account && typeof kept[1] === 'string' ? kept[1] : ''
  }
  catch {
    return ''
  }
}
