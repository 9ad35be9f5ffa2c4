import { describe, expect, it, onTestFinished, vi } from 'vitest'
import pg from 'pg'
import { withPlainSslMode } from '../../../server/storage/postgres-address.ts'
import { createPool } from '../../../server/storage/postgres-pool.ts'

const ADDRESS = 'postgres://u:p%3F@127.0.0.1:1/license'

describe('F87: the TLS mode of a database address', () => {
  it.each(['prefer', 'require', 'verify-ca'])('sslmode=%s verifies everything, without a warning of the driver\'s', async (mode) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => warned.mockRestore())
    const url = `${ADDRESS}?application_name=x&sslmode=${mode}&port=1`
    const pool = createPool(url, 1)
    await expect(pool.connect()).rejects.toThrow()
    await pool.end()
    expect(warned).not.toHaveBeenCalled()
    const { ssl } = new pg.Client(withPlainSslMode(url))
    expect(ssl).toEqual({})
  })

  it.each([
    ADDRESS, `${ADDRESS}?sslmode=disable`, `${ADDRESS}?sslmode=no-verify`, `${ADDRESS}?sslmode=verify-full`,
    `${ADDRESS}?sslmode=require&uselibpqcompat=true`, `${ADDRESS}?uselibpqcompat=true&sslmode=require`,
  ])('%s stays as it is', (url) => {
    expect(withPlainSslMode(url)).toBe(url)
  })
})
