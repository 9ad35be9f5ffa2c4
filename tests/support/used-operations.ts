import type { Operation, OperationName } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { Answer, ApiClient } from './api-client.ts'

const operations: [string, Operation][] = Object.entries(OPERATIONS)
const patterns = operations.map(([name, { method, path, status = 200 }]) =>
  ({ name, method, status, path: new RegExp(`^${path.replaceAll('.', String.raw`\.`).replace(/:\w+/g, '[^/]+')}$`) }))

/** Which API operations were called and succeeded. */
export interface UsedOperations {
  /** Records what this client calls from now on; returns the client. */
  watch(client: ApiClient): ApiClient
  missing(): OperationName[]
}

export function createUsedOperations(): UsedOperations {
  const used = new Set<string>()
  return {
    watch(client) {
      const ask = client.request.bind(client)
      client.request = async <T>(...asked: Parameters<ApiClient['request']>): Promise<Answer<T>> => {
        const answer = await ask<T>(...asked)
        const [method, path] = [asked[0], asked[1].replace(/\?.*/, '')]
        const found = patterns.find(each => each.method === method && each.path.test(path))
        if (found?.status === answer.status) used.add(found.name)
        return answer
      }
      return client
    },
    missing: () => operationNames.filter(name => !used.has(name)),
  }
}

const isOperation = (name: string): name is OperationName => Object.hasOwn(OPERATIONS, name)
const operationNames = operations.map(([name]) => name).filter(isOperation)
