import { faultOf } from '../../src/demo/faults/index.ts'
import type { Alarms } from './alarm.ts'
import type { FaultCase } from './fault-case.ts'
import { SERVERS } from './world.ts'

const C = 'crm-c'
const DATABASE = 'crm'
const FLEET = 'fleet'
const onEach = (name: string) => SERVERS.map((server) => `${name} ${server}`)
const DRIFT = [`AttestationSettingsDrift ${FLEET}`]

type Spec = Partial<Omit<FaultCase, 'id' | 'title' | 'expected'>>

/** A fault that the demo can switch. */
function demoCase(id: string, expected: Alarms, spec: Spec = {}): FaultCase {
  const fault = faultOf(id)
  return {
    id,
    title: fault.title,
    expected,
    on: ({ demo }) => fault.on(demo),
    off: ({ demo }) => fault.off(demo),
    ...spec,
  }
}

/** One server, or all of them, with another setting. */
const setting = (id: string, expected: Alarms, spec: Spec = {}): FaultCase =>
  demoCase(id, expected, { restarts: true, ...spec })

/** An outage lasts: what notices it late, such as a check that cannot look, must be seen too. */
const OUTAGE = { holdMs: 40_000 }

const keyRefused = { page: onEach('ApiAccessCanaryRefused') }

export const demoCases: readonly FaultCase[] = [
  demoCase('F01', { ticket: [`SessionExpiredBacklog ${DATABASE}`] }),
  setting('F02', {
    page: [`JourneySignInBroken ${C}`],
    ticket: [`SessionLifetimeOutOfPolicy ${DATABASE}`, ...DRIFT],
  }),
  setting('F03', { page: [`SecretAuthDiffers ${C}`, `AttestationSecretMismatch ${FLEET}`] }),
  setting('F04', { page: [`JourneySignInBroken ${C}`], ticket: DRIFT }),
  setting('F05', {
    page: [`JourneySignInBroken ${C}`, `CanarySessionEnded ${C}`, `CredentialRefusedElsewhere ${FLEET}`],
    ticket: DRIFT,
  }),
  // The secret shows in a Set-Cookie only.
  setting('F06', {
    page: [`JourneySignInBroken ${C}`],
    ticket: [`CheckCannotLook ${C} secret.auth_differs`],
  }),
  setting('F07', { page: [`OriginCorsMismatch ${C}`] }),
  setting('F08', { page: [`OriginTrustMismatch ${C}`], ticket: DRIFT }),
  setting('F09', { page: [`OriginCorsMismatch ${C}`, `OriginTrustMismatch ${C}`], ticket: DRIFT }),
  demoCase('F10', keyRefused),
  demoCase('F10b', keyRefused),
  demoCase('F10c', keyRefused),
  demoCase('F10d', keyRefused),
  demoCase('F11', { page: [`ApiKeyNoReference ${DATABASE}`] }),
  demoCase('F12', { page: [`ApiKeyOwnerMissing ${DATABASE}`] }),
  demoCase('F13', { page: [...onEach('ApiAccessCanaryRefused'), ...onEach('JourneySignInBroken')] }),
  demoCase('F14', { ticket: [`ApiKeyNearExhaustion ${DATABASE}`] }),
  demoCase('F15', { ticket: [`SessionActiveOrganizationForeign ${DATABASE}`] }),
  setting('F16', {
    page: [`OrganizationSignUpHookBroken ${DATABASE}`],
    ticket: [`OrganizationUsersWithoutMembership ${DATABASE}`],
  }),
  demoCase('F17', {
    ticket: [
      `OrganizationUsersWithoutMembership ${DATABASE}`,
      `OrganizationWithoutOwner ${DATABASE}`,
      `OrganizationMembershipOrphaned ${DATABASE}`,
    ],
  }),
  setting('F18', { page: [`SecretExtensionDiffers ${C}`, `AttestationSecretMismatch ${FLEET}`] }),
  setting('F19', { page: [`ExtensionTokenMisjudged ${C}`] }),
  setting('F19b', { ticket: DRIFT }),
  setting('F20', { page: [`ExtensionTokenMisjudged ${C}`] }),
  setting('F21', { page: [`DebugOpen ${C}`] }),
  setting('F22', { ticket: [`ClockSkewed ${FLEET}`] }),
  demoCase('F23', { page: [`JwksUndecryptable ${FLEET}`] }, OUTAGE),
  demoCase(
    'F25',
    { page: [`SchemaColumnMissing ${DATABASE}`, ...onEach('JourneySignInBroken'), 'SignInErrorBudgetBurn'] },
    OUTAGE,
  ),
  setting('F26', { page: [...onEach('SignInUnhealthy'), 'SignInErrorBudgetBurn'] }, OUTAGE),
  demoCase('F27b', { security: ['CredentialStuffing'] }),
  demoCase('F28', { ticket: ['ApiKeyRejectionSpike'] }),
  setting('F29', { page: ['SignInSuccessDrop', ...onEach('JourneySignInBroken')] }, OUTAGE),
  demoCase('F30', { page: [`ServerNotAnswering ${C}`] }, OUTAGE),
  // The traffic waits for each answer in turn, so that it also comes to the other servers more seldom.
  setting('F30b', { page: [`ServerNotAnswering ${C}`] }, { ...OUTAGE, may: /^ticket: SignInSuccessDrop$/ }),
]
