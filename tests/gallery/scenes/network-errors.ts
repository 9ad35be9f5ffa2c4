import en from '../../../app/locales/en.json' with { type: 'json' }
import type { NetworkErrorCode } from '../../../shared/errors.ts'
import type { Fault } from '../../support/vendor/fault-types.ts'
import { freePort } from '../../support/free-port.ts'
import { startImpostor } from '../../support/browser/impostor-server.ts'
import { checkInNow, expectFailure, expectState, openLicense } from '../../support/browser/screen.ts'
import type { Scene, Stage } from '../scene.ts'
import { openAfter, requireSaved, saveAndFail, signInPage, startAgain } from '../scene.ts'

const nameOf = (code: NetworkErrorCode) => `error-${code.toLowerCase().replaceAll('_', '-')}`

/** The license server is reached, but what comes back is no good; the license that is there stays. */
function spoiltAnswer(code: NetworkErrorCode, fault: Fault): Scene {
  return {
    name: nameOf(code),
    async prepare(stage) {
      await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_demo_standard'))
      await stage.licenseServer.control.addFault({ call: 'activate', times: 1, fault })
      await saveAndFail(stage, 'nc_ag_demo_airgapped', code)
    },
  }
}

/** A check-in is refused by an answer that nobody has signed; the license that is there stays. */
function refusedCheckIn(code: NetworkErrorCode, fault: Fault): Scene {
  return {
    name: nameOf(code),
    async prepare(stage) {
      await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_demo_standard'))
      await expectState(stage.page, 'active')
      await stage.licenseServer.control.addFault({ call: 'checkIn', times: 1, fault })
      await checkInNow(stage.page)
      await expectFailure(stage.page, code, en.errors[code].title, 20_000)
    },
  }
}

/** A first activation on a server whose way to the license server is cut. */
function noWay(code: NetworkErrorCode, environment: (stage: Stage) => Promise<Record<string, string>>): Scene {
  return {
    name: nameOf(code),
    async prepare(stage) {
      await startAgain(stage, await environment(stage))
      await signInPage(stage)
      await openLicense(stage.page, stage.product)
      await saveAndFail(stage, 'nc_demo_standard', code)
    },
  }
}

export const NETWORK_ERROR_SCENES: Record<NetworkErrorCode, Scene> = {
  NET_DNS: noWay('NET_DNS', async () => ({ NC_LICENSE_SERVER_URL: 'https://license.invalid' })),
  NET_CONNECT: noWay('NET_CONNECT', async () => ({ NC_LICENSE_SERVER_URL: `http://127.0.0.1:${await freePort()}` })),
  NET_TIMEOUT: spoiltAnswer('NET_TIMEOUT', { type: 'hang' }),
  NET_TLS: noWay('NET_TLS', async ({ atEnd }) => {
    const impostor = await startImpostor()
    atEnd(impostor.stop)
    return { NC_LICENSE_SERVER_URL: impostor.url }
  }),
  NET_PROXY: noWay('NET_PROXY', async () => ({
    NC_LICENSE_SERVER_URL: 'https://license.invalid', HTTPS_PROXY: `http://127.0.0.1:${await freePort()}`,
  })),
  NET_CAPTIVE_PORTAL: spoiltAnswer('NET_CAPTIVE_PORTAL', { type: 'html' }),
  SERVER_ERROR: spoiltAnswer('SERVER_ERROR', { type: 'status', status: 503 }),
  SERVER_RATE_LIMITED: spoiltAnswer('SERVER_RATE_LIMITED', { type: 'status', status: 429, headers: { 'retry-after': '120' } }),
  SERVER_RESPONSE_INVALID: spoiltAnswer('SERVER_RESPONSE_INVALID', { type: 'staleNonce' }),
  SERVER_NOT_A_LICENSE_SERVER: spoiltAnswer('SERVER_NOT_A_LICENSE_SERVER', { type: 'status', status: 404, body: 'no such page' }),
  SERVER_REFUSED: refusedCheckIn('SERVER_REFUSED', { type: 'unsignedRefusal', code: 'suspended' }),
}
