import { CloudOff, Globe, Plug } from '@lucide/vue'
import type { Component } from 'vue'
import type { Method } from '#shared/method-rules'

/** How each way of activating is drawn: over the internet, by one call, by none. */
export const METHOD_ICONS: Readonly<Record<Method, Component>> = { standard: Globe, airgapped: Plug, offline: CloudOff }
