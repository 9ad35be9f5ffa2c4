import type { RouterConfig } from '@nuxt/schema'

/** Query parameters may have any name, those of an object's own members too; what does not decode is taken as it stands. */
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
