import { addMember, deleteRow } from '../causes/repairs.ts'
import { bad, type Fix, good, type Look, unknown } from '../diagnosis.ts'
import type { Membership } from '../facts/people.ts'
import type { Around } from '../facts/reading.ts'
import type { OrganizationRow } from '../facts/rows.ts'

/** Organizations by the words that people know them by; the first of many. */
function sayOrganizations(memberships: readonly Membership[]): string {
  const names = memberships.map(({ organization, organizationId }) => {
    return organization === null ? `${organizationId} (gone)` : (organization.slug ?? organization.id)
  })
  const rest = names.length - 5
  return `${names.slice(0, 5).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function letIn(spell: Around['spell'], member: { userId: string; organizationId: string }): Fix {
  return {
    say: 'If the user should be inside: auth.api.addMember({ body: { userId, organizationId, role: "member" } }) on the server, or in SQL.',
    run: [addMember(spell, member)],
  }
}

/**
 * Whether the person is in any organization, and whether the first exists. The application's sign-in hook takes the
 * first membership and fails without one.
 */
export function lookAtMemberships(
  { userId, memberships }: { readonly userId: string; readonly memberships: readonly Membership[] },
  { spell }: Around,
): Look {
  const [first] = memberships
  if (first === undefined) {
    return bad({
      evidence: 'a member of no organization',
      severity: 'critical',
      cause: `The user ${userId} has no organization: "User has no organization", at sign-in or right after it.`,
      fix: letIn(spell, { userId, organizationId: '<organization id>' }),
      runbook: 'AuthwatchOrganizationUsersWithoutMembership',
    })
  }
  const orphan = memberships.find(({ organization }) => organization === null)
  if (orphan === undefined) return good(`a member of ${sayOrganizations(memberships)}`)
  return bad({
    evidence: `a member of ${sayOrganizations(memberships)}`,
    severity: orphan === first ? 'critical' : 'warning',
    cause: `The membership ${orphan.id} names the organization ${orphan.organizationId}, which does not exist.`,
    fix: {
      say: 'If organizations were lost, restore them and delete nothing. Otherwise remove the membership.',
      run: [deleteRow(spell, { table: 'member', id: orphan.id })],
    },
    runbook: 'AuthwatchOrganizationMembershipOrphaned',
  })
}

/** Whether the organization that was named exists, by exactly this slug. */
export function lookAtOrganization({
  slug,
  named,
}: {
  readonly slug: string
  readonly named: readonly OrganizationRow[]
}): Look {
  const exact = named.filter((each) => each.slug === slug)
  if (exact.length === 1) return good(`organization ${exact[0]!.id}`)
  const [other] = named
  const spelled = named.map((each) => `"${each.slug}" (${each.id})`).join(', ')
  const runbook = 'AuthwatchOrganizationSlugAmbiguous'
  if (exact.length > 1 || (other !== undefined && named.length > 1)) {
    const cause = `Several organizations could be meant by "${slug}": ${spelled}.`
    const fix = { say: 'Agree a new slug with the younger customer, so that each names one organization.' }
    return bad({ evidence: spelled, severity: 'warning', cause, fix, runbook })
  }
  if (other !== undefined) {
    const cause = `The organization is spelled ${spelled}; x-tenant-id is compared exactly.`
    const fix = { say: `Send x-tenant-id: ${other.slug}.` }
    return bad({ evidence: `only ${spelled}`, severity: 'warning', cause, fix, runbook })
  }
  return bad({
    evidence: 'no organization has this slug',
    severity: 'warning',
    cause: `There is no organization "${slug}".`,
    fix: {
      say: 'Ask which organization is meant; was it renamed or deleted? If deleted by mistake, restore it with its members.',
    },
    runbook: 'A user cannot reach an organization',
  })
}

/** Whether the person may act in the organization. */
export function lookAtMember(
  about: {
    readonly userId: string
    readonly memberships: readonly Membership[]
    readonly organization: OrganizationRow | undefined
  },
  { spell }: Around,
): Look | undefined {
  const { userId, memberships, organization } = about
  if (organization === undefined) return undefined
  const own = memberships.filter(({ organizationId }) => organizationId === organization.id)
  const [membership, twin] = own
  const name = organization.slug ?? organization.id
  if (membership === undefined) {
    const others = memberships.length === 0 ? 'of no other either' : `of ${sayOrganizations(memberships)}`
    return bad({
      evidence: `no member of ${name}; ${others}`,
      severity: 'critical',
      cause: `The user ${userId} is no member of ${name}: "User does not have access to organization".`,
      fix: letIn(spell, { userId, organizationId: organization.id }),
      runbook: 'A user cannot reach an organization',
    })
  }
  if (twin === undefined) return good(`a member of ${name}, as ${membership.role ?? 'unknown'}`)
  return bad({
    evidence: `a member of ${name} ${own.length} times`,
    severity: 'warning',
    cause: `The user ${userId} is in ${name} ${own.length} times; which role counts is left to chance.`,
    fix: {
      say: 'Decide which role is right, and delete the other rows.',
      run: own.slice(1).map(({ id }) => deleteRow(spell, { table: 'member', id })),
    },
    runbook: 'AuthwatchOrganizationMembershipDuplicate',
  })
}

/** The active organization of a session: that it is there, and that the user belongs to it. */
export function lookAtActiveOrganization(
  about: {
    readonly session: { readonly id: string; readonly activeOrganizationId: string | null }
    readonly memberships: readonly Membership[]
    readonly exists: boolean
  },
  { spell }: Around,
): Look {
  const { session, memberships, exists } = about
  const active = session.activeOrganizationId
  if (active === null) {
    if (memberships.length === 0) return unknown('the session has none, and the user belongs to none')
    return bad({
      evidence: 'the session has none',
      // Right for an application that always names the organization itself.
      severity: 'info',
      cause: `The session ${session.id} has no active organization: requests without x-tenant-id get "User has no organization".`,
      fix: { say: `Let the user choose one, or sign in again. Member of ${sayOrganizations(memberships)}.` },
      runbook: 'AuthwatchSessionActiveOrganizationAbsent',
    })
  }
  const membership = memberships.find(({ organizationId }) => organizationId === active)
  if (membership !== undefined && exists) return good(membership.organization?.slug ?? active)
  const table = spell.table('session')
  const column = spell.column('session', 'activeOrganizationId')
  const id = `${spell.column('session', 'id')} = ${spell.text(session.id)}`
  return bad({
    evidence: exists ? `${active}, of which the user is no member` : `${active}, which does not exist`,
    severity: 'warning',
    cause: `The session ${session.id} is active in the organization ${active}, ${exists ? 'to which its user does not belong' : 'which does not exist'}.`,
    fix: {
      say: 'If the membership or organization was lost by mistake, restore it; else clear the choice. With the cookie cache on it counts after at most five minutes.',
      run: [`update ${table} set ${column} = null where ${id};`],
    },
    runbook: exists
      ? 'AuthwatchSessionActiveOrganizationForeign'
      : 'AuthwatchSessionActiveOrganizationMissing',
  })
}
