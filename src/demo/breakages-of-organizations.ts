import type { Breakage } from './breakage.ts'
import { newId } from './membership.ts'
import type { Seeded, SeededUser } from './seed.ts'

/** Users at the end of the list never signed in, so no traffic is theirs. */
const spareUser = (seeded: Seeded, fromEnd: number): SeededUser => seeded.users.at(-fromEnd)!

export const newUserWithoutMembership: Breakage = {
  sentence: 'A user who signed up ten minutes ago belongs to no organization, and so cannot sign in.',
  check: 'organization.users_without_membership',
  apply: (database, seeded) => leave(database, { user: spareUser(seeded, 1), age: '10 minutes' }),
}

export const oldUserWithoutMembership: Breakage = {
  sentence: 'A user who signed up 90 days ago belongs to no organization.',
  check: 'organization.users_without_membership',
  apply: (database, seeded) => leave(database, { user: spareUser(seeded, 2), age: '90 days' }),
}

export const organizationWithoutOwner: Breakage = {
  sentence: 'Nobody owns the organization "ember": its owner was made a member.',
  check: 'organization.without_owner',
  async apply(database, seeded) {
    // Of the last organization that a sign-up founded; its owner owns no other.
    const owner = seeded.users.filter(({ role }) => role === 'owner').at(-1)!
    await database.query(`update member set role = 'member' where user_id = $1`, [owner.id])
    // A new organization has its grace.
    await database.query(`update organization set created_at = now() - interval '1 day' where slug = $1`, [
      owner.organization,
    ])
  },
}

export const memberOfMissingOrganization: Breakage = {
  sentence: 'A membership points to an organization that does not exist; the foreign key was dropped.',
  check: 'organization.membership_orphaned',
  async apply(database, seeded) {
    const { rows } = await database.query<{ name: string }>(
      `select quote_ident(conname) as name from pg_constraint
       where conrelid = 'member'::regclass and confrelid = 'organization'::regclass and contype = 'f'`,
    )
    for (const { name } of rows) await database.query(`alter table member drop constraint ${name}`)
    await database.query(
      `insert into member (id, organization_id, user_id, role, created_at)
       values ($1, 'organization-that-is-gone', $2, 'member', now())`,
      [newId(), spareUser(seeded, 3).id],
    )
  },
}

export const expiredInvitation: Breakage = {
  sentence: 'An invitation is still pending three days after it expired.',
  check: 'organization.invitation_expired',
  async apply(database, seeded) {
    await database.query(
      `update invitation set created_at = now() - interval '5 days', expires_at = now() - interval '3 days'
       where id = $1`,
      [seeded.invitation.id],
    )
  },
}

export const duplicateEmail: Breakage = {
  sentence: 'Two users have one e-mail address, which differs only in upper and lower case.',
  check: 'user.duplicate_email',
  async apply(database, seeded) {
    const original = spareUser(seeded, 4)
    const user = { ...original, id: `duplicate-of-${original.id}` }
    await database.query(
      `insert into "user" (id, name, email, email_verified, created_at, updated_at)
       values ($1, 'Duplicate', upper($2), false, now(), now()) on conflict (id) do nothing`,
      [user.id, user.email],
    )
    await database.query(
      `insert into account (id, account_id, provider_id, user_id, password, created_at, updated_at)
       select $1, $1, provider_id, $1, password, now(), now() from account where user_id = $2
       on conflict (id) do nothing`,
      [user.id, original.id],
    )
    await join(database, { user, seeded })
  },
}

type Database = Parameters<Breakage['apply']>[0]

async function leave(
  database: Database,
  { user, age }: { readonly user: SeededUser; readonly age: string },
): Promise<void> {
  await database.query('delete from member where user_id = $1', [user.id])
  await database.query('update "user" set created_at = now() - $2::interval where id = $1', [user.id, age])
}

async function join(
  database: Database,
  { user, seeded }: { readonly user: SeededUser; readonly seeded: Seeded },
): Promise<void> {
  const organization = seeded.organizations.find(({ slug }) => slug === user.organization)!
  await database.query(
    `insert into member (id, organization_id, user_id, role, created_at)
     select $1, $2, $3, 'member', now()
     where not exists (select from member where organization_id = $2 and user_id = $3)`,
    [newId(), organization.id, user.id],
  )
}
