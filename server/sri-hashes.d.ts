/** The integrity of every asset by its address from the root; made by nuxt-security when the build ends. */
declare module '#sri-hashes' {
  const hashes: Readonly<Record<string, string>>
  export default hashes
}
