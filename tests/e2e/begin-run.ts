import type { FullConfig } from '@playwright/test'
import { beginRun } from '../support/results.ts'

export default function beginBrowserRun({ metadata }: FullConfig): void {
  beginRun(String(metadata.report))
}
