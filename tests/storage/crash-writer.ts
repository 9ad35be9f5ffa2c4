import { openStorage } from '../../server/storage/open.ts'
import { deactivation, eventOf, fresh, freshLeaseOf, licenseOf, markOf, NOW, removalOf, saveOf, trusted } from './samples.ts'

/*
 * Writes without end until it is killed, and says each revision that was acknowledged. Every revision n has lease, seq,
 * trusted time and newest event of the same n, so that a half-written one can be told.
 */
const url = process.argv[2]
if (url === undefined) throw new Error('usage: crash-writer.ts <url>')
const { licenses } = await openStorage({ url, baseDir: '/' })
const { instanceId } = await licenses.installation({ ...fresh, instanceId: String(process.pid).padStart(32, '0') })
process.stdout.write(`instance ${instanceId}\n`)

for (;;) {
  const { revision, license } = await licenses.read()
  const n = revision + 1
  const at = NOW + n
  const jti = `lease-${n}`
  const details = { n }
  if (n % 5 === 0 && license) {
    const event = eventOf({ kind: 'removed', at, details })
    await licenses.commit({ ...removalOf(revision, deactivation), event })
  } else if (license && n % 2 === 0) {
    await licenses.commit({
      ...freshLeaseOf({ jti: license.jti, seq: markOf(n), at, visible: true }), trusted: { ...trusted, at },
      event: eventOf({ kind: 'check_in_succeeded', at, details }),
    })
  } else {
    await licenses.commit(saveOf(revision, {
      license: licenseOf({ jti, lease: `header.${jti}.sig` }), seq: markOf(n), trusted: { ...trusted, at },
      event: eventOf({ at, details }),
    }))
  }
  process.stdout.write(`revision ${n}\n`)
}
