import type { Breakage } from './breakage.ts'
import { newId } from './membership.ts'
import type { Seeded, SeededUser } from './seed.ts'

/** Users at the end of the list never signed in, so no traffic is theirs. */
const spareUser = (seeded: Seeded, fromEnd: number): SeededUser => seeded.users.at(-fromEnd)!

export const newUserWithoutMembership: Breakage = {
  name: 'new-user-without-membership',
  sentence: 'A user who signed up ten minutes ago belongs to no organization, and so cannot sign in.',
  apply: (database, seeded) => leave(database, { user: spareUser(seeded, 1), age: '10 minutes' }),
  repair: (database, seeded) => join(database, { user: spareUser(seeded, 1), seeded }),
}

export const oldUserWithoutMembership: Breakage = {
  name: 'old-user-without-membership',
  sentence: 'A user who signed up 90 days ago belongs to no organization.',
  apply: (database, seeded) => leave(database, { user: spareUser(seeded, 2), age: '90 days' }),
  repair: (database, seeded) => join(database, { user: spareUser(seeded, 2), seeded }),
}

export const organizationWithoutOwner: Breakage = {
  name: 'organization-without-owner',
  sentence: 'Nobody owns the organization "ember": its owner was made a member.',
  apply: (database, seeded) => setRole(database, { user: ownerOfLast(seeded), role: 'member' }),
  repair: (database, seeded) => setRole(database, { user: ownerOfLast(seeded), role: 'owner' }),
}

const NOWHERE = 'organization-that-is-gone'

export const memberOfMissingOrganization: Breakage = {
  name: 'member-of-missing-organization',
  sentence: 'A membership points to an organization that does not exist; the foreign key was dropped.',
  async apply(database, seeded) {
    const { rows } = await database.query<{ name: string }>(
      `select quote_ident(conname) as name from pg_constraint
       where conrelid = 'member'::regclass and confrelid = 'organization'::regclass and contype = 'f'`,
    )
    for (const { name } of rows) await database.query(`alter table member drop constraint ${name}`)
    await database.query(
      `insert into member (id, organization_id, user_id, role, created_at) values ($1, $2, $3, 'member', now())`,
      [newId(), NOWHERE, spareUser(seeded, 3).id],
    )
  },
  async repair(database) {
    await database.query('delete from member where organization_id = $1', [NOWHERE])
    await database.query(
      `alter table member add constraint member_organization_id_fkey
       foreign key (organization_id) references organization (id) on delete cascade`,
    )
  },
}

export const expiredInvitation: Breakage = {
  name: 'expired-invitation',
  sentence: 'An invitation is still pending three days after it expired.',
  async apply(database, seeded) {
    await database.query(
      `update invitation set created_at = now() - interval '5 days', expires_at = now() - interval '3 days'
       where id = $1`,
      [seeded.invitation.id],
    )
  },
  async repair(database, seeded) {
    await database.query(`update invitation set status = 'canceled' where id = $1`, [seeded.invitation.id])
  },
}

export const duplicateEmail: Breakage = {
  name: 'duplicate-email',
  sentence: 'Two users have one e-mail address, which differs only in upper and lower case.',
  async apply(database, seeded) {
    const user = { ...spareUser(seeded, 4), id: duplicateId(seeded) }
    await database.query(
      `insert into "user" (id, name, email, email_verified, created_at, updated_at)
       values ($1, 'Duplicate', upper($2), false, now(), now()) on conflict (id) do nothing`,
      [user.id, user.email],
    )
    await database.query(
      `insert into account (id, account_id, provider_id, user_id, password, created_at, updated_at)
       select $1, $1, provider_id, $1, password, now(), now() from account where user_id = $2
       on conflict (id) do nothing`,
      [user.id, spareUser(seeded, 4).id],
    )
    await join(database, { user, seeded })
  },
  async repair(database, seeded) {
    await database.query('delete from "user" where id = $1', [duplicateId(seeded)])
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

async function setRole(
  database: Database,
  { user, role }: { readonly user: SeededUser; readonly role: string },
): Promise<void> {
  await database.query('update member set role = $2 where user_id = $1', [user.id, role])
}

/** Of the last organization that a sign-up founded; its owner owns no other. */
function ownerOfLast(seeded: Seeded): SeededUser {
  return seeded.users.filter(({ role }) => role === 'owner').at(-1)!
}

function duplicateId(seeded: Seeded): string {
  return `duplicate-of-${spareUser(seeded, 4).id}`
}
