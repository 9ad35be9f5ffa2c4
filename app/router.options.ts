import type { RouterConfig } from '@nuxt/schema'

/** Parses queries safely: parameters may be named like members of Object.prototype, and what does not decode is kept as it is. */
export default {
  parseQuery(search) {
    const query: ReturnType<NonNullable<RouterConfig['parseQuery']>> = Object.create(null)
    for (const [name, value] of new URLSearchParams(search)) {
      const earlier = query[name]
      query[name] = earlier === undefined ? value : [earlier, value].flat()
    }
    return query
  },
} satisfies RouterConfig
