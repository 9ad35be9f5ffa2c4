import { expect, it } from 'vitest'
import { LARGEST_FILE, readCredentialFile } from '../../../../app/license/credential-file.ts'

const bytes = (...values: number[]) => new Blob([Uint8Array.from(values)])
const utf16 = (text: string) => new Blob([Uint8Array.from([0xFF, 0xFE]), Buffer.from(text, 'utf16le')])

it.each<[string, Blob, string]>([
  ['UTF-8', new Blob(['nc_demo_standard\r\n']), 'nc_demo_standard\r\n'],
  ['UTF-8 with its mark', bytes(0xEF, 0xBB, 0xBF, 0x6E, 0x63), 'nc'],
  ['UTF-16, as PowerShell writes it', utf16('Schlüssel: nc_demo_standard'), 'Schlüssel: nc_demo_standard'],
  ['what Windows used before', bytes(0x53, 0x63, 0x68, 0x6C, 0xFC, 0x73, 0x73, 0x65, 0x6C), 'Schlüssel'],
  ['the largest file', new Blob(['x'.repeat(LARGEST_FILE)]), 'x'.repeat(LARGEST_FILE)],
])('reads %s', async (_what, file, text) => expect(await readCredentialFile([file])).toEqual({ text, problem: null }))

it.each<[string, Blob[], string]>([
  ['one byte more than the largest', [new Blob(['x'.repeat(LARGEST_FILE + 1)])], 'tooLarge'],
  ['nothing', [bytes()], 'empty'],
  ['blanks alone', [new Blob([' \r\n\t'])], 'empty'],
  ['a picture', [bytes(0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D)], 'binary'],
  ['an archive without a zero in sight', [bytes(0x50, 0x4B, 0x03, 0x04, 0x14, 0xFF)], 'binary'],
  ['two files', [new Blob(['nc_1']), new Blob(['nc_2'])], 'several'],
  ['what cannot be read, as a folder', [Object.assign(new Blob(['x']), { arrayBuffer: () => Promise.reject(new Error('NotReadableError')) })], 'unreadable'],
])('says of %s what is wrong with it', async (_what, files, problem) => {
  expect(await readCredentialFile(files)).toEqual({ text: null, problem })
})
