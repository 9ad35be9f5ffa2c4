import type { LicenseService } from '../../server/license/service.ts'

/** What a support bundle says of the machine and its settings, where a test cares for neither. */
export const SUPPORT_FACTS: Parameters<LicenseService['supportBundle']>[0] = {
  commit: 'abc1234', configuration: { PORT: 3000 },
  storage: { kind: 'sqlite', location: '/data/license.db', up: true, since: null, lastWriteAt: null },
  runtime: { node: 'v24.0.0', platform: 'linux', arch: 'x64', replica: 'replica-1', uptimeSeconds: 60 },
  licenseServer: { url: 'https://vendor.example', configured: false, proxy: null },
}
