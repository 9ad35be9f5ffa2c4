import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** For mutation testing, which is done with a mutant as soon as one test fails: the file that failed last, then the quickest ones. */
export class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const results = new Map(files.map(file => [file, this.ctx.cache.getTestSpecificationResult(file)]))
    const failed = (file: TestSpecification) => Number(results.get(file)?.failed ?? false)
    const duration = (file: TestSpecification) => results.get(file)?.duration ?? Infinity
    return files.toSorted((a, b) => failed(b) - failed(a) || duration(a) - duration(b))
  }
}
