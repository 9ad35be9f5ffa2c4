declare module 'proxy-from-env' {
  /** Takes a URL; returns the proxy URL that the environment names for it, or ''. */
  export function getProxyForUrl(url: string): string
}
