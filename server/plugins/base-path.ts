import sriHashes from '#sri-hashes'
import { defineEventHandler } from 'h3'
import { defineNitroPlugin, useRuntimeConfig } from 'nitropack/runtime'
import { enterBasePath } from '../http/arrival.ts'
import { getBase } from '../runtime/app.ts'
import { pathInside } from '../runtime/base-path.ts'

/** Removes the base path from a handler's route, which has no slash at its end in h3. */
function withoutBase(route: string, basePath: string): string {
  return `${route}/`.startsWith(basePath) ? route.slice(basePath.length - 1) || '/' : route
}

/** Serves one build under any base path: every request is rewritten to a path from the root before anything looks at it. */
export default defineNitroPlugin((nitro) => {
  const { h3App } = nitro
  const config = useRuntimeConfig()
  const { baseURL } = config.app
  const serve = h3App.handler
  h3App.handler = defineEventHandler((event) => {
    enterBasePath(event, baseURL, getBase())
    return serve(event)
  })
  // Nitro mounted its handlers under the base path, which no request carries any more.
  for (const layer of h3App.stack) layer.route = withoutBase(layer.route, baseURL)
  nitro.hooks.hook('render:html', html => addIntegrity(html, baseURL))
})

const TAG = /<(?:script|link)\b[^<>]*>/g
const ADDRESS = /\b(?:src|href)="([^"<>]+)"/
/* Browsers check the integrity of these, and not of an icon, for example. */
const IS_CHECKED = /^<script\b|\brel="(?:stylesheet|preload|modulepreload)"/

/**
 * Adds integrity hashes in place of nuxt-security, which knows them by paths from the root, and runs only after
 * start-after-paint.ts has taken the scripts away.
 */
function addIntegrity(html: Record<'head' | 'bodyPrepend' | 'bodyAppend', string[]>, basePath: string): void {
  const withIntegrity = (tag: string) => {
    const hash = IS_CHECKED.test(tag) ? sriHashes[pathInside(ADDRESS.exec(tag)?.[1] ?? '/', basePath)] : undefined
    return hash && !tag.includes(' integrity=') ? tag.replace(/^<\w+/, start => `${start} integrity="${hash}"`) : tag
  }
  for (const part of ['head', 'bodyPrepend', 'bodyAppend'] as const) {
    html[part] = html[part].map(text => text.replace(TAG, withIntegrity))
  }
}
