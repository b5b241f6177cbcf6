import type { Target } from '../run/target.ts'
import { type ApiKeyFacts, type KeyOwner, readApiKeyFacts } from './api-key-facts.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'
import { bad, type Diagnosis, good, type Look, type Step } from './diagnosis.ts'
import { lookAtKeyLimit, lookAtRemaining } from './look-at-key-limits.ts'
import { lookAtMember, lookAtMemberships, lookAtOrganization } from './look-at-membership.ts'
import { lookAtBan } from './look-at-person.ts'
import { lookAt, type Reading, valueOr } from './reading.ts'
import { disableKey, updateRow } from './repairs.ts'
import type { ApiKeyRow } from './rows.ts'
import { sayInstant, sayWhen } from './say-time.ts'

export interface ApiKeyQuestion {
  readonly target: Target
  /** Secret. */
  readonly key: string
  /** Slug that the client sends in `x-tenant-id`. */
  readonly tenant: string | undefined
}

type Around = Pick<Reading, 'now' | 'policy' | 'spell'>

/** Would better-auth accept this key, and for whom? Reads only: verifying it would count a use. */
export function apiKeyDiagnosis({ target, key, tenant }: ApiKeyQuestion): Promise<Diagnosis> {
  return databaseDiagnosis<ApiKeyFacts>({
    title: `Would this API key be accepted${tenant === undefined ? '' : ` for ${tenant}`}?`,
    otherwise:
      'The key is good here. Does the client send it as x-api-key, to this application? Look at the servers: authwatch probe.',
    target,
    before: [{ question: 'Is it a whole key?', look: () => lookAtForm(key) }],
    read: (reading) => readApiKeyFacts(reading, { key, tenant }),
    steps: (facts, around) => stepsOf(facts, { ...around, tenant }),
  })
}

function lookAtForm(key: string): Look {
  const about = `${key.length} characters`
  if (!/[\s"'<>]/.test(key) && key !== '') return good(about)
  return bad({
    evidence: key === '' ? 'nothing was given' : `${about}, with spaces or quotes among them`,
    severity: 'warning',
    cause: 'What was given is no key: it is empty, or spaces or quotes were copied with it.',
    fix: {
      say: 'Copy the key alone, as it was shown when it was made. Look at the client for the same mistake.',
    },
    runbook: 'An API key gets 401',
  })
}

function stepsOf(
  facts: ApiKeyFacts,
  around: Around & { readonly tenant: string | undefined },
): readonly Step[] {
  const { rows, owner, storedInClear, tenants } = facts
  const { tenant } = around
  const [key] = valueOr(rows, [])
  const ofKey = (look: (found: ApiKeyRow) => Look | undefined) => () =>
    key === undefined ? undefined : look(key)
  const ofOwner = (look: (userId: string) => Look | undefined) =>
    ofKey(() => (owner.user === undefined ? undefined : look(owner.user.id)))
  const steps: readonly Step[] = [
    { question: 'Is there such a key?', look: () => lookAtRow(facts, around) },
    {
      question: 'Is it stored as better-auth stores it?',
      look: ofKey((found) => lookAtStored(found, storedInClear)),
    },
    { question: 'Is it enabled?', look: ofKey((found) => lookAtEnabled(found, around)) },
    { question: 'Is it revoked?', look: ofKey((found) => lookAtRevoked(found, around)) },
    { question: 'Is it still valid?', look: ofKey((found) => lookAtExpiry(found, around)) },
    { question: 'Are requests left?', look: ofKey((found) => lookAtRemaining(found, around)) },
    { question: 'Is it below its rate limit?', look: ofKey((found) => lookAtKeyLimit(found, around)) },
    { question: 'Does it say whose it is?', look: ofKey((found) => lookAtReference(found, around)) },
    { question: 'Does its owner exist?', look: ofKey((found) => lookAtOwner(found, owner, around)) },
    { question: 'Is the owner let in?', look: () => owner.user && lookAtBan(owner.user, around) },
    {
      question: 'Is the owner in an organization?',
      look: ofOwner((userId) =>
        lookAt(owner.memberships, (memberships) => lookAtMemberships({ userId, memberships }, around)),
      ),
    },
  ]
  if (tenant === undefined || tenants === undefined) return steps
  return [...steps, ...tenantSteps(facts, { ...around, tenant })]
}

function tenantSteps(
  { owner, tenants }: ApiKeyFacts,
  around: Around & { readonly tenant: string },
): readonly Step[] {
  const slug = around.tenant
  const named = valueOr(tenants ?? { value: [] }, [])
  const organization = named.find((each) => each.slug === slug)
  const memberships = valueOr(owner.memberships, [])
  return [
    {
      question: `Is there the organization ${slug}?`,
      look: () => tenants && lookAt(tenants, (all) => lookAtOrganization({ slug, named: all })),
    },
    {
      question: `May it act in ${slug}?`,
      look: () => {
        if (owner.user !== undefined)
          return lookAtMember({ userId: owner.user.id, memberships, organization }, around)
        if (owner.organization === undefined || organization === undefined) return undefined
        return lookAtOwnOrganization(owner.organization, organization)
      },
    },
  ]
}

function lookAtOwnOrganization(
  own: { readonly id: string; readonly slug: string | null },
  asked: { readonly id: string; readonly slug: string | null },
): Look {
  if (own.id === asked.id) return good('it belongs to this organization')
  return bad({
    evidence: `it belongs to ${own.slug ?? own.id}`,
    severity: 'critical',
    cause: `The key belongs to the organization ${own.slug ?? own.id}, and the client asks for ${asked.slug ?? asked.id}.`,
    fix: { say: `Send x-tenant-id: ${own.slug ?? own.id}, or use a key of ${asked.slug ?? asked.id}.` },
    runbook: 'An API key gets 401',
  })
}

function lookAtRow({ rows, alike }: ApiKeyFacts, { spell }: Around): Look | undefined {
  return lookAt(rows, ([first, ...twins]) => {
    if (first === undefined) return unknownKey(valueOr(alike, []))
    if (twins.length === 0) return good(first.id)
    const ids = [first, ...twins].map(({ id }) => id)
    return bad({
      evidence: `${ids.length} rows: ${ids.join(', ')}`,
      severity: 'critical',
      cause: `${ids.length} rows hold this key; which of them counts, and so whose it is, is left to chance.`,
      fix: {
        say: 'Same owner: delete all but one. Different owners: disable all, and issue new keys.',
        run: ids.map((id) => disableKey(spell, id)),
      },
      runbook: 'AuthwatchApiKeyDuplicateKey',
    })
  })
}

function unknownKey(alike: readonly string[]): Look {
  const near = alike.length === 0 ? '' : `; ${alike.join(', ')} begins alike`
  return bad({
    evidence: `no row holds it${near}`,
    severity: 'critical',
    cause:
      alike.length === 0
        ? 'The key is unknown: mistyped, of another environment, or deleted. Expired and used-up keys are deleted when they are used.'
        : `The key is unknown, but ${alike.join(', ')} begins with the same characters: it was cut, mistyped or replaced.`,
    fix: {
      say: 'Copy it anew; if it is lost, make a new key. Keys in secondary storage alone cannot be seen here.',
    },
    runbook: 'An API key gets 401',
  })
}

function lookAtStored({ id }: ApiKeyRow, storedInClear: boolean): Look {
  if (!storedInClear) return good('as a hash')
  return bad({
    evidence: 'in clear',
    severity: 'warning',
    cause: `The key ${id} is stored in clear: found only by a server with disableKeyHashing, and open to whoever reads the table.`,
    fix: { say: 'Turn hashing on and convert the rows in the same deployment, as the runbook shows.' },
    runbook: 'AuthwatchApiKeyStoredInClear',
  })
}

function lookAtEnabled({ id, enabled }: ApiKeyRow, { spell }: Around): Look {
  if (enabled !== false) return good('enabled')
  return bad({
    evidence: 'disabled',
    severity: 'critical',
    cause: `The key ${id} is disabled: better-auth answers KEY_DISABLED.`,
    fix: {
      say: 'Who disabled it, and why? If by mistake, enable it; else make a new key.',
      run: [updateRow(spell, { table: 'apiKey', id, set: { enabled: 'true', updatedAt: 'now()' } })],
    },
    runbook: 'An API key gets 401',
  })
}

function lookAtRevoked({ id, revoked, enabled }: ApiKeyRow, { spell }: Around): Look | undefined {
  if (revoked === null) return undefined
  if (!revoked) return good('not revoked')
  return bad({
    evidence: 'revoked by the application',
    severity: 'critical',
    cause: `The key ${id} is revoked in the application's own column: the application refuses it${enabled === false ? '' : ', though better-auth would accept it'}.`,
    fix: {
      say: 'Make a new key for the client. If it was revoked for good, disable it too, where better-auth looks.',
      run: [disableKey(spell, id)],
    },
    runbook: 'AuthwatchApiKeyRevokedInUse',
  })
}

function lookAtExpiry({ id, expiresAt }: ApiKeyRow, { now }: Around): Look {
  if (expiresAt === null) return good('it has no end')
  if (expiresAt > now) return good(`until ${sayInstant(expiresAt)}`)
  return bad({
    evidence: `expired ${sayWhen(expiresAt, now)}, at ${sayInstant(expiresAt)}`,
    severity: 'critical',
    cause: `The key ${id} expired ${sayWhen(expiresAt, now)}: KEY_EXPIRED, and its row is deleted at the next use.`,
    fix: { say: 'Make a new key for the client.' },
    runbook: 'AuthwatchApiKeyExpiringSoon',
  })
}

function lookAtReference({ id, referenceId }: ApiKeyRow, { spell }: Around): Look {
  if (referenceId !== null && referenceId !== '') return good(referenceId)
  const set = { referenceId: "'<user or organization id>'" }
  return bad({
    evidence: 'it names no owner',
    severity: 'critical',
    cause: `The key ${id} has no ${spell.column('apiKey', 'referenceId')}: it verifies, and then the application finds nobody to act for.`,
    fix: {
      say: 'If the owner is known, enter it; if not, make a new key. Several at once: a migration lost them.',
      run: [updateRow(spell, { table: 'apiKey', id, set })],
    },
    runbook: 'AuthwatchApiKeyNoReference',
  })
}

function lookAtOwner({ id, referenceId }: ApiKeyRow, owner: KeyOwner, { spell }: Around): Look | undefined {
  if (referenceId === null || referenceId === '') return undefined
  if (owner.user !== undefined) return good(`the user ${owner.user.id}`)
  const { organization } = owner
  if (organization !== undefined) return good(`the organization ${organization.slug ?? organization.id}`)
  return bad({
    evidence: `neither a user nor an organization is ${referenceId}`,
    severity: 'critical',
    cause: `The owner ${referenceId} of the key ${id} no longer exists: the key verifies and belongs to nobody.`,
    fix: {
      say: 'Was the owner deleted? Then stop the key, and look in the access log for what it was used for.',
      run: [disableKey(spell, id)],
    },
    runbook: 'AuthwatchApiKeyOwnerMissing',
  })
}
