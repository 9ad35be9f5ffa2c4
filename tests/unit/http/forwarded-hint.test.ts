import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { createEvent } from 'h3'
import { describe, expect, it, vi } from 'vitest'
import { createForwardedHint } from '../../../server/http/forwarded-hint.ts'

function requestFrom(address: string, forwardedFor?: string) {
  const request = new IncomingMessage(new Socket())
  Object.defineProperty(request.socket, 'remoteAddress', { value: address })
  if (forwardedFor) request.headers['x-forwarded-for'] = forwardedFor
  return createEvent(request, new ServerResponse(request))
}
const log = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() })

describe('F82: a proxy that NC_TRUST_PROXY does not name', () => {
  it.each<[string, string[]]>([['none', []], ['another', ['10.0.0.1']]])('is told once, with its address, where %s is named', (_, trusted) => {
    const [hint, told] = [createForwardedHint(), log()]
    hint(requestFrom('172.18.0.2'), trusted, told)
    expect(told.warn).not.toHaveBeenCalled()
    for (let request = 0; request < 3; request++) hint(requestFrom('172.18.0.2', '192.0.2.1'), trusted, told)
    expect(told.warn.mock.calls).toEqual([[expect.stringContaining('NC_TRUST_PROXY'), { address: '172.18.0.2' }]])
  })

  it('is not told of one that is named', () => {
    const [hint, told] = [createForwardedHint(), log()]
    hint(requestFrom('::ffff:172.18.0.2', '192.0.2.1'), ['172.18.0.0/16'], told)
    expect(told.warn).not.toHaveBeenCalled()
  })
})
