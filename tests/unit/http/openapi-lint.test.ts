import { createConfig, lintFromString } from '@redocly/openapi-core'
import spectral from '@stoplight/spectral-core'
import { oas } from '@stoplight/spectral-rulesets'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../../../server/http/openapi.ts'

/* The linters that people who use the document are likely to run, with their own recommendations and no exceptions. */

const PLACES = [['at the root', '/'], ['under a base path', '/license/']] as const

describe.each(PLACES)('the OpenAPI document %s', (_where, basePath) => {
  const source = JSON.stringify(openApiDocument('1.2.3', basePath))

  it('has nothing that Redocly objects to', async () => {
    const config = await createConfig({ extends: ['recommended-strict'], rules: { 'parameter-description': 'error' } })
    const problems = await lintFromString({ source, config, absoluteRef: 'openapi.json' })
    expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`)).toEqual([])
  })

  it('has nothing that Spectral objects to', async () => {
    const linter = new spectral.Spectral()
    linter.setRuleset({ extends: [[oas as spectral.RulesetDefinition, 'recommended']] })
    const problems = await linter.run(source)
    expect(problems.map(({ code, message, path }) => `${code}: ${message} at ${path.join('/')}`)).toEqual([])
  })
})
