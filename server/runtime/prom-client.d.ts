/* prom-client has types for its whole set of default metrics alone. */
declare module 'prom-client/lib/metrics/*.js' {
  import type { Registry } from 'prom-client'

  /** Makes one of the default metrics and registers it. */
  const collect: (registry: Registry, config: object) => void
  export default collect
}
