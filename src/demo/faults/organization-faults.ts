import { z } from 'zod'
import { newId } from '../membership.ts'
import { changedRowsSchema, changeRows, restoreRows } from './changed-rows.ts'
import { type Fault, fault } from './fault.ts'
import { keepRows, keptRowsSchema, putBackRows } from './kept-rows.ts'
import { organizationOf, spareClient, spareUser } from './roles.ts'

export const foreignActiveOrganizations: Fault = fault({
  id: 'F15',
  title: 'Three live sessions are active in an organization that their users do not belong to.',
  claims: () => ['active organizations of spare sessions'],
  memo: changedRowsSchema,
  make({ database, seeded }) {
    const victims = [spareClient(seeded, 0), spareClient(seeded, 1), spareClient(seeded, 2)]
    const foreign = seeded.organizations.find(({ slug }) =>
      victims.every(({ user }) => user.organization !== slug),
    )!
    return changeRows(database, {
      table: 'session',
      set: { active_organization_id: database.escapeLiteral(foreign.id) },
      where: 'id = any($1)',
      value: victims.map(({ sessionId }) => sessionId),
    })
  },
  mend: ({ database }, former) => restoreRows(database, former),
})

const constraintSchema = z.object({ name: z.string(), definition: z.string() })

export const membershipsBroken: Fault = fault({
  id: 'F17',
  title:
    'A user of 90 days belongs to no organization, an organization has no owner, and a membership points nowhere.',
  claims: () => ['member.organization_id', 'membership of spare users'],
  memo: z.object({
    memberships: keptRowsSchema,
    changed: z.array(changedRowsSchema),
    stray: z.string(),
    constraints: z.array(constraintSchema),
  }),
  async make({ database, seeded }) {
    const homeless = spareUser(seeded, 1)
    const memberships = await keepRows(database, { of: [['member', 'user_id']], id: homeless.id })
    await database.query('delete from member where user_id = $1', [homeless.id])
    const aged = await changeRows(database, {
      table: '"user"',
      set: { created_at: `now() - interval '90 days'` },
      where: 'id = $1',
      value: homeless.id,
    })
    const owner = seeded.users.filter(({ role }) => role === 'owner').at(-2)!
    const demoted = await changeRows(database, {
      table: 'member',
      set: { role: `'member'` },
      where: `organization_id = $1 and role = 'owner'`,
      value: organizationOf(seeded, owner).id,
    })
    const { rows: constraints } = await database.query<z.infer<typeof constraintSchema>>(
      `select quote_ident(conname) as name, pg_get_constraintdef(oid) as definition from pg_constraint
       where conrelid = 'member'::regclass and confrelid = 'organization'::regclass and contype = 'f'`,
    )
    for (const { name } of constraints) await database.query(`alter table member drop constraint ${name}`)
    const stray = newId()
    await database.query(
      `insert into member (id, organization_id, user_id, role, created_at)
       values ($1, 'organization-that-is-gone', $2, 'member', now())`,
      [stray, spareUser(seeded, 2).id],
    )
    return { memberships, changed: [aged, demoted], stray, constraints }
  },
  async mend({ database }, { memberships, changed, stray, constraints }) {
    await database.query('delete from member where id = $1', [stray])
    for (const { name, definition } of constraints) {
      await database.query(`alter table member add constraint ${name} ${definition}`)
    }
    await putBackRows(database, memberships)
    for (const each of changed) await restoreRows(database, each)
  },
})
