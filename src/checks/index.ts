import type { DatabaseCheck } from '../catalogue/check.ts'
import { duplicateKey } from './api-key/duplicate-key.ts'
import { expiredEnabled } from './api-key/expired-enabled.ts'
import { expiringSoon } from './api-key/expiring-soon.ts'
import { nearExhaustion } from './api-key/near-exhaustion.ts'
import { neverExpires } from './api-key/never-expires.ts'
import { noReference } from './api-key/no-reference.ts'
import { ownerMissing } from './api-key/owner-missing.ts'
import { ownerWithoutOrganization } from './api-key/owner-without-organization.ts'
import { population as apiKeyPopulation } from './api-key/population.ts'
import { revokedInUse } from './api-key/revoked-in-use.ts'
import { storedInClear } from './api-key/stored-in-clear.ts'
import { unused } from './api-key/unused.ts'
import { invitationExpired } from './organization/invitation-expired.ts'
import { membershipDuplicate } from './organization/membership-duplicate.ts'
import { membershipOrphaned } from './organization/membership-orphaned.ts'
import { population as organizationPopulation } from './organization/population.ts'
import { signUpHookBroken } from './organization/sign-up-hook-broken.ts'
import { slugAmbiguous } from './organization/slug-ambiguous.ts'
import { usersWithoutMembership } from './organization/users-without-membership.ts'
import { withoutMembers } from './organization/without-members.ts'
import { withoutOwner } from './organization/without-owner.ts'
import { columnMissing } from './schema/column-missing.ts'
import { indexMissing } from './schema/index-missing.ts'
import { timestampWithoutZone } from './schema/timestamp-without-zone.ts'
import { activeOrganizationAbsent } from './session/active-organization-absent.ts'
import { activeOrganizationForeign } from './session/active-organization-foreign.ts'
import { activeOrganizationMissing } from './session/active-organization-missing.ts'
import { clientAddressMissing } from './session/client-address-missing.ts'
import { expiredBacklog } from './session/expired-backlog.ts'
import { lifetimeOutOfPolicy } from './session/lifetime-out-of-policy.ts'
import { population as sessionPopulation } from './session/population.ts'
import { userBanned } from './session/user-banned.ts'
import { userMissing } from './session/user-missing.ts'
import { credentialWithoutPassword } from './user/credential-without-password.ts'
import { duplicateEmail } from './user/duplicate-email.ts'
import { population as userPopulation } from './user/population.ts'
import { expiredBacklog as verificationExpiredBacklog } from './verification/expired-backlog.ts'

/** Everything that is watched inside the database. A check that is not listed here does not exist. */
export const checks: readonly DatabaseCheck[] = [
  activeOrganizationAbsent,
  activeOrganizationForeign,
  activeOrganizationMissing,
  clientAddressMissing,
  expiredBacklog,
  lifetimeOutOfPolicy,
  sessionPopulation,
  userBanned,
  userMissing,
  duplicateKey,
  expiredEnabled,
  expiringSoon,
  nearExhaustion,
  neverExpires,
  noReference,
  ownerMissing,
  ownerWithoutOrganization,
  apiKeyPopulation,
  revokedInUse,
  storedInClear,
  unused,
  invitationExpired,
  membershipDuplicate,
  membershipOrphaned,
  organizationPopulation,
  signUpHookBroken,
  slugAmbiguous,
  usersWithoutMembership,
  withoutMembers,
  withoutOwner,
  credentialWithoutPassword,
  duplicateEmail,
  userPopulation,
  verificationExpiredBacklog,
  columnMissing,
  indexMissing,
  timestampWithoutZone,
]
