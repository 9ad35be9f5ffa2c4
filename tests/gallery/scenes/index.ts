import type { ErrorCode } from '../../../shared/errors.ts'
import type { Scene } from '../scene.ts'
import { CREDENTIAL_CARD_SCENES } from './credential-card.ts'
import { CREDENTIAL_ERROR_SCENES } from './credential-errors.ts'
import { METHOD_SCENES } from './methods.ts'
import { NETWORK_ERROR_SCENES } from './network-errors.ts'
import { PAGE_SCENES } from './pages.ts'
import { REPLICA_SCENES } from './replicas.ts'
import { REQUEST_ERROR_SCENES } from './request-errors.ts'
import { STATE_SCENES } from './states.ts'
import { WARNING_SCENES } from './warnings.ts'

const ERROR_SCENES: Record<ErrorCode, Scene> = { ...CREDENTIAL_ERROR_SCENES, ...NETWORK_ERROR_SCENES, ...REQUEST_ERROR_SCENES }

/** Everything that the panel can show, in the order of the contact sheet. */
export const SCENES: readonly Scene[] = [
  ...Object.values(STATE_SCENES),
  ...METHOD_SCENES,
  ...Object.values(WARNING_SCENES),
  ...CREDENTIAL_CARD_SCENES,
  ...PAGE_SCENES,
  ...REPLICA_SCENES,
  ...Object.values(ERROR_SCENES),
]
