import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'

export interface Organization {
  readonly id: string
  readonly slug: string
}

/** The organization the user joined first. */
export async function firstOrganization(pool: Pool, userId: string): Promise<Organization | undefined> {
  const { rows } = await pool.query<Organization>(
    `select o.id, o.slug from member m join organization o on o.id = m.organization_id
     where m.user_id = $1 order by m.created_at, m.id limit 1`,
    [userId],
  )
  return rows[0]
}

/** The organization with this slug, if the user is a member of it. */
export async function organizationOfMember(
  pool: Pool,
  { userId, slug }: { readonly userId: string; readonly slug: string },
): Promise<Organization | undefined> {
  const { rows } = await pool.query<Organization>(
    `select o.id, o.slug from member m join organization o on o.id = m.organization_id
     where m.user_id = $1 and o.slug = $2 limit 1`,
    [userId, slug],
  )
  return rows[0]
}

export async function organizationById(pool: Pool, id: string): Promise<Organization | undefined> {
  const { rows } = await pool.query<Organization>('select id, slug from organization where id = $1', [id])
  return rows[0]
}

/** The member rows' ids and roles: what the demo has for records. */
export async function recordsOf(
  pool: Pool,
  organizationId: string,
): Promise<readonly { readonly id: string; readonly role: string }[]> {
  const { rows } = await pool.query<{ id: string; role: string }>(
    'select id, role from member where organization_id = $1 order by created_at, id limit 100',
    [organizationId],
  )
  return rows
}

/** `revoked` is the CRM's own column; better-auth does not know it. */
export async function isRevoked(pool: Pool, keyId: string): Promise<boolean> {
  const { rows } = await pool.query<{ revoked: boolean }>('select revoked from api_key where id = $1', [
    keyId,
  ])
  return rows[0]?.revoked === true
}

/** Puts a new user into the organization: as its owner if it is new, else as a member. */
export async function joinOrganization(
  pool: Pool,
  { userId, slug }: { readonly userId: string; readonly slug: string },
): Promise<void> {
  const founded = await pool.query<{ id: string }>(
    `insert into organization (id, name, slug, created_at) values ($1, $2, $2, $3)
     on conflict (slug) do nothing returning id`,
    [newId(), slug, new Date()],
  )
  const role = founded.rows.length === 1 ? 'owner' : 'member'
  await pool.query(
    `insert into member (id, organization_id, user_id, role, created_at)
     select $1, id, $2, $3, $4 from organization where slug = $5`,
    [newId(), userId, role, new Date(), slug],
  )
}

export function newId(): string {
  return randomBytes(24).toString('base64url')
}
