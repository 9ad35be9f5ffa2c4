/** Makes the address of a path of this server, for what does not go through the router: calls, plain links, full loads. */
export function useAddress() {
  const base = useRuntimeConfig().app.baseURL.replace(/\/$/, '')
  return (path: string) => base + path
}
