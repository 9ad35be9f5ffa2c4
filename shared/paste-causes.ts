/** What can be wrong with text that was pasted as a credential; each has a sentence and a remedy on the screen. */
export const PASTE_CAUSES = [
  'empty', 'words_around', 'two_credentials', 'part_of_token', 'token_cut', 'token_changed', 'instance_id_pasted',
  'request_pasted', 'masked_key_pasted', 'capitals', 'quotes_around', 'hidden_character', 'wrong_encoding', 'offline_in_force',
  'not_a_credential',
] as const
export type PasteCause = (typeof PASTE_CAUSES)[number]

export function isPasteCause(value: unknown): value is PasteCause {
  return PASTE_CAUSES.some(cause => cause === value)
}
