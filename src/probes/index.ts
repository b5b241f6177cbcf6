import type { ProbeCheck } from '../catalogue/probe.ts'
import { apiAccessCanaryRefused } from './api-access/canary-refused.ts'
import { apiAccessNonsenseAccepted } from './api-access/nonsense-accepted.ts'
import { attestationSecretMismatch } from './attestation/secret-mismatch.ts'
import { attestationSettingsDrift } from './attestation/settings-drift.ts'
import { canarySessionEnded } from './canary-session/ended.ts'
import { clockSkewed } from './clock/skewed.ts'
import { credentialRefusedElsewhere } from './credential/refused-elsewhere.ts'
import { debugOpen } from './debug/open.ts'
import { extensionTokenMisjudged } from './extension-token/misjudged.ts'
import { journeySignInBroken } from './journey/sign-in-broken.ts'
import { jwksDiffers } from './jwks/differs.ts'
import { jwksUndecryptable } from './jwks/undecryptable.ts'
import { jwksUnusable } from './jwks/unusable.ts'
import { originCorsMismatch } from './origin/cors-mismatch.ts'
import { originTrustMismatch } from './origin/trust-mismatch.ts'
import { secretAuthDiffers } from './secret/auth-differs.ts'
import { secretExtensionDiffers } from './secret/extension-differs.ts'
import { serverNotAnswering } from './server/not-answering.ts'
import { signInUnhealthy } from './sign-in/unhealthy.ts'
import { tlsExpiring } from './tls/expiring.ts'

/** Everything that is watched from outside. A probe that is not listed here does not exist. */
export const probes: readonly ProbeCheck[] = [
  serverNotAnswering,
  tlsExpiring,
  clockSkewed,
  signInUnhealthy,
  originCorsMismatch,
  originTrustMismatch,
  debugOpen,
  jwksDiffers,
  jwksUndecryptable,
  jwksUnusable,
  attestationSecretMismatch,
  secretAuthDiffers,
  secretExtensionDiffers,
  attestationSettingsDrift,
  apiAccessCanaryRefused,
  apiAccessNonsenseAccepted,
  extensionTokenMisjudged,
  journeySignInBroken,
  canarySessionEnded,
  credentialRefusedElsewhere,
]
