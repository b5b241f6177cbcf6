import { disableKey, updateRow } from '../causes/repairs.ts'
import { bad, good, type Look } from '../diagnosis.ts'
import type { ApiKeyFacts, KeyOwner } from '../facts/of-api-key.ts'
import { type Around, lookAt, valueOr } from '../facts/reading.ts'
import type { ApiKeyRow } from '../facts/rows.ts'
import { sayInstant, sayWhen } from '../say-time.ts'

/** Whether exactly one row holds the key. */
export function lookAtRow({ rows, alike }: ApiKeyFacts, { spell }: Around): Look | undefined {
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

/** A key in clear is found only by servers that do not hash keys. */
export function lookAtStored({ id }: ApiKeyRow, storedInClear: boolean): Look {
  if (!storedInClear) return good('as a hash')
  return bad({
    evidence: 'in clear',
    severity: 'warning',
    cause: `The key ${id} is stored in clear: found only by a server with disableKeyHashing, and open to whoever reads the table.`,
    fix: { say: 'Turn hashing on and convert the rows in the same deployment, as the runbook shows.' },
    runbook: 'AuthwatchApiKeyStoredInClear',
  })
}

/** Whether better-auth takes it. */
export function lookAtEnabled({ id, enabled }: ApiKeyRow, { spell }: Around): Look {
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

/** The application's own column, where there is one; better-auth does not look at it. */
export function lookAtRevoked({ id, revoked, enabled }: ApiKeyRow, { spell }: Around): Look | undefined {
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

/** Whether it has run out. */
export function lookAtExpiry({ id, expiresAt }: ApiKeyRow, { now }: Around): Look {
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

/** Whether it names an owner at all. */
export function lookAtReference({ id, referenceId }: ApiKeyRow, { spell }: Around): Look {
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

/** Whether the owner that it names exists, as a user or an organization. */
export function lookAtOwner(
  { id, referenceId }: ApiKeyRow,
  owner: KeyOwner,
  { spell }: Around,
): Look | undefined {
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
