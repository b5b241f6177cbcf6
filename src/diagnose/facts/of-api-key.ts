import { createHash } from 'node:crypto'
import { sql } from '../../database/sql.ts'
import { type Membership, membershipsOf, organizationsNamed, organizationsOf, usersNamed } from './people.ts'
import { type Part, type Reading, readPart, readRows, valueOr } from './reading.ts'
import { type ApiKeyRow, apiKeyRow, type OrganizationRow, type UserRow } from './rows.ts'

/** Characters of a key that better-auth keeps in `start`, unless configured (@better-auth/api-key 1.7). */
const START = 6

export interface ApiKeyFacts {
  /** Rows that hold the key, oldest first. More than one is a fault. */
  readonly rows: Part<readonly ApiKeyRow[]>
  readonly storedInClear: boolean
  /** Where no row holds it: ids of keys that begin alike. */
  readonly alike: Part<readonly string[]>
  readonly owner: KeyOwner
  readonly tenants: Part<readonly OrganizationRow[]> | undefined
}

export interface KeyOwner {
  readonly user: UserRow | undefined
  readonly organization: OrganizationRow | undefined
  readonly memberships: Part<readonly Membership[]>
}

/** How the plugin stores a key: SHA-256 in base64url without padding (`defaultKeyHasher`, 1.7). */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}

/**
 * Looks the key up as the plugin would, by its hash; `verifyApiKey` itself would count a use or delete the row. The key
 * never goes to the database: where it is stored in clear, a digest of it is compared.
 */
export async function readApiKeyFacts(
  reading: Reading,
  { key, tenant }: { readonly key: string; readonly tenant: string | undefined },
): Promise<ApiKeyFacts> {
  const hashed = await readPart(() => rowsOf(reading, key, 'hashed'))
  const inClear =
    valueOr(hashed, []).length > 0 ? hashed : await readPart(() => rowsOf(reading, key, 'in clear'))
  const storedInClear = valueOr(hashed, []).length === 0 && valueOr(inClear, []).length > 0
  const rows = storedInClear ? inClear : hashed
  const isUnknown = 'value' in rows && rows.value.length === 0
  return {
    rows,
    storedInClear,
    alike: isUnknown ? await readPart(() => idsAlike(reading, key)) : { value: [] },
    owner: await ownerOf(reading, valueOr(rows, [])[0]?.referenceId ?? null),
    tenants: tenant === undefined ? undefined : await organizationsNamed(reading, tenant),
  }
}

function rowsOf(reading: Reading, key: string, how: 'hashed' | 'in clear') {
  return readRows(reading, apiKeyRow, {
    table: 'apiKey',
    where: ({ holds, digest }) =>
      how === 'hashed' ? holds('key', hashOf(key)) : sql`${digest('key')} = ${md5(key)}`,
    orderBy: ({ column }) => sql`${column('createdAt')}, ${column('id')}`,
    limit: 5,
  })
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

async function idsAlike(reading: Reading, key: string): Promise<readonly string[]> {
  if (key.length < START) return []
  const rows = await readRows(reading, apiKeyRow, {
    table: 'apiKey',
    where: ({ is }) => is('start', key.slice(0, START)),
    limit: 3,
  })
  return rows.map(({ id }) => id)
}

/** A reference names a user or an organization; which, the row does not say. */
async function ownerOf(reading: Reading, reference: string | null): Promise<KeyOwner> {
  if (reference === null || reference === '')
    return { user: undefined, organization: undefined, memberships: { value: [] } }
  const [user] = reference.includes('@') ? [] : await usersNamed(reading, reference)
  const organizations = await readPart(() => organizationsOf(reading, [reference]))
  return {
    user,
    organization: valueOr(organizations, [])[0],
    memberships: await membershipsOf(reading, reference),
  }
}
