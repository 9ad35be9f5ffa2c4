/** `sandbox` is what a sandbox build trusts; `stranger` is a key that no build knows. */
export const SIGNERS = ['sandbox', 'stranger'] as const
export type Signer = (typeof SIGNERS)[number]
