import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, it, onTestFinished, vi } from 'vitest'
import { freePort } from '../../support/free-port.ts'

/** Makes the next picks come out as these ports. */
function pick(...ports: number[]): void {
  const random = vi.spyOn(Math, 'random')
  onTestFinished(() => random.mockRestore())
  for (const port of ports) random.mockReturnValueOnce((port - 12_000 + 0.5) / 20_000)
}

it('a port that has been given away is given to nobody else, though nobody listens there', async () => {
  const [first, second] = [await freePort(), await freePort()]
  pick(first, second)
  expect(await freePort()).not.toBeOneOf([first, second])
})

it('a port that has been given away is given to no other process', async () => {
  const given = await freePort()
  const script = `
    const { freePort } = await import(${JSON.stringify(new URL('../../support/free-port.ts', import.meta.url).href)})
    const random = Math.random
    let picks = 0
    Math.random = () => picks++ === 0 ? (${given} - 12_000 + 0.5) / 20_000 : random()
    console.log(await freePort(), picks > 1)`
  const [port, refused] = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }).trim().split(' ')
  expect([Number(port) === given, refused]).toEqual([false, 'true'])
})

it('a port at which something else listens is not given away', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => { server.close() })
  await once(server, 'listening')
  const { port } = Object(server.address())
  pick(port)
  expect(await freePort()).not.toBe(port)
})
