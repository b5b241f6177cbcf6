import type { Check } from '../catalogue/check.ts'
import { activeOrganizationForeign } from './session/active-organization-foreign.ts'
import { expiredBacklog } from './session/expired-backlog.ts'

/** Everything that is watched inside the database. A check that is not listed here does not exist. */
export const checks: readonly Check[] = [expiredBacklog, activeOrganizationForeign]
