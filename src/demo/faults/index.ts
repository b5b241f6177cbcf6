import {
  canaryInOtherOrganization,
  canaryKeyDisabled,
  canaryKeyExpired,
  canaryKeyRevoked,
  canaryKeyUsedUp,
} from './canary-key-faults.ts'
import {
  corsOriginMissing,
  hostileOriginAccepted,
  setCookieStripped,
  trustedOriginMissing,
} from './cookie-faults.ts'
import type { Fault } from './fault.ts'
import { FaultError } from './fault-error.ts'
import { keysNearExhaustion, keysOfMissingOwners, keysWithoutReference } from './key-faults.ts'
import { foreignActiveOrganizations, membershipsBroken } from './organization-faults.ts'
import { columnMissing, signingKeyUndecryptable } from './schema-faults.ts'
import {
  clockAhead,
  debugRouteOpen,
  oneRateLimitForAll,
  serverHangs,
  serverUnreachable,
} from './server-faults.ts'
import {
  authSecretDiffers,
  environmentDiffers,
  expiredSessionsPileUp,
  publicUrlWrong,
  shortSessions,
} from './session-faults.ts'
import { signUpHookBroken } from './sign-up-fault.ts'
import {
  expiredTokensAccepted,
  extensionSecretDiffers,
  scopesNotEnforced,
  tokenLifetimeDiffers,
} from './token-faults.ts'
import {
  credentialStuffing,
  credentialStuffingFlood,
  rightPasswordsRefused,
  signInsFail,
  usedKeyRevoked,
} from './traffic-faults.ts'

/** What can be broken in the demo, and mended again, while it runs; by id. */
export const faults: readonly Fault[] = [
  expiredSessionsPileUp,
  shortSessions,
  authSecretDiffers,
  publicUrlWrong,
  environmentDiffers,
  setCookieStripped,
  corsOriginMissing,
  trustedOriginMissing,
  hostileOriginAccepted,
  canaryKeyRevoked,
  canaryKeyDisabled,
  canaryKeyExpired,
  canaryKeyUsedUp,
  keysWithoutReference,
  keysOfMissingOwners,
  canaryInOtherOrganization,
  keysNearExhaustion,
  foreignActiveOrganizations,
  signUpHookBroken,
  membershipsBroken,
  extensionSecretDiffers,
  expiredTokensAccepted,
  tokenLifetimeDiffers,
  scopesNotEnforced,
  debugRouteOpen,
  clockAhead,
  signingKeyUndecryptable,
  oneRateLimitForAll,
  columnMissing,
  signInsFail,
  credentialStuffing,
  credentialStuffingFlood,
  usedKeyRevoked,
  rightPasswordsRefused,
  serverUnreachable,
  serverHangs,
]

/** @throws FaultError with the ids that there are, when there is no such fault */
export function faultOf(id: string): Fault {
  const found = faults.find((each) => each.id === id)
  if (found !== undefined) return found
  const ids = faults.map((each) => each.id).join(', ')
  throw new FaultError('ERR_FAULT_UNKNOWN', `There is no fault ${id}. There are ${ids}.`)
}
