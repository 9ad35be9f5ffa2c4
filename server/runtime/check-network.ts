import type { DiagnosticStage } from '../../shared/contracts.ts'
import type { Method } from '../../shared/method-rules.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import { judgePaste } from '../../shared/paste/judge-paste.ts'
import { createLicenseServerClient } from '../license-server/client.ts'
import { concludeDiagnostics, diagnose, hasAnswered } from '../license-server/diagnostics.ts'
import { causeOf, peekMethod, postgresRemedy } from '../storage/open.ts'
import type { Config } from './config.ts'
import { remedyOf, sentenceOf } from './sentences.ts'

/* `check --network`: would this machine reach the license server, tested from where the server would start. */

/**
 * Tests the way to the license server with this configuration and says what was seen, in lines for a person. Sends nothing
 * where the license is one that makes no calls, or may be.
 */
export async function checkNetwork(config: Config, version: string): Promise<{ ok: boolean, lines: string[] }> {
  const { because, remedy } = await silenceOf(config)
  if (because !== null) return { ok: true, lines: [`Network: nothing tested, because ${because}.`, ...remedy ? [`Database: ${remedy}`] : []] }
  const client = createLicenseServerClient({
    baseUrl: config.licenseServerUrl, version, proxyFor: config.proxyFor, configured: config.origins.NC_LICENSE_SERVER_URL?.from !== 'default',
  })
  const stages: DiagnosticStage[] = []
  for await (const stage of diagnose({ client, now: Date.now, silent: false, remedyOf })) stages.push(stage)
  const { ok } = concludeDiagnostics(stages, Date.now())
  const reached = `This server can reach the license server at ${client.host}`
  const end = ok ? `${reached}.` : hasAnswered(stages) ? `${reached}, but at least one stage failed.` : 'Something blocks the way to the license server.'
  return { ok, lines: [...stages.flatMap(lineOf), end] }
}

interface Silence { because: string | null, remedy?: string | undefined }

/** Why the network is left alone, in words, and what can be done about it; null if it may be tried. */
async function silenceOf({ databaseUrl, projectDir, licenseKey }: Config): Promise<Silence> {
  let stored: Method | null
  try {
    stored = await peekMethod({ url: databaseUrl, baseDir: projectDir })
  }
  catch (error) {
    return {
      because: `the database cannot be read (${causeOf(error)}), so the license may be one that makes no calls`,
      remedy: postgresRemedy(error, databaseUrl),
    }
  }
  // A license that has been activated and checks in tries again anyway; an airgapped one never does.
  if (stored !== null && !METHOD_RULES[stored].checksIn) return { because: `the stored license is ${stored} and makes no calls` }
  const given = licenseKey && judgePaste(licenseKey.text, { instanceId: '', silent: false }).credential
  return { because: given && METHOD_RULES[given.method].silent ? `NC_LICENSE_KEY holds an ${given.method} license, which makes no calls` : null }
}

/** One line a stage; what does not apply has none. */
function lineOf({ stage, result, milliseconds, finding, because }: DiagnosticStage): string[] {
  if (because === 'not_needed') return []
  if (because === 'not_reached') return [`Network, ${stage}: not reached`]
  if (!finding) return [`Network, ${stage}: ${result}${milliseconds === null ? '' : `, ${milliseconds} ms`}`]
  return [`Network, ${stage}: failed, ${finding.reference} (${finding.cause}). ${sentenceOf(finding)} ${remedyOf(finding)}`]
}
