/** The token of the set-up link in what was pasted: the link, a line of the log that has it, or the token alone. Else empty. */
export function setupTokenIn(text: string): string {
  return /#token=([\w-]+)/.exec(text)?.[1] ?? /^\s*([\w-]+)\s*$/.exec(text)?.[1] ?? ''
}
