/* prom-client has types for its default metrics as a set, but not for each of them. */
declare module 'prom-client/lib/metrics/*.js' {
  import type { Registry } from 'prom-client'

  /** Creates one of the default metrics and registers it. */
  const collect: (registry: Registry, config: object) => void
  export default collect
}
