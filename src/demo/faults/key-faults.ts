import { z } from 'zod'
import type { Seeded } from '../seed.ts'
import { changedRowsSchema, changeRows, restoreRows } from './changed-rows.ts'
import { type Fault, fault } from './fault.ts'
import {
  belongingsOfOrganization,
  belongingsOfUser,
  keepRows,
  keptRowsSchema,
  putBackRows,
} from './kept-rows.ts'
import { createdOrganization, spareClient } from './roles.ts'

export const keysWithoutReference: Fault = fault({
  id: 'F11',
  title: 'Three API keys in use have lost their reference_id; the constraint that forbade it was dropped.',
  claims: () => ['api_key.reference_id'],
  memo: z.object({ wasNotNull: z.boolean(), changed: changedRowsSchema }),
  async make({ database, seeded }) {
    const { rows } = await database.query<{ attnotnull: boolean }>(
      `select attnotnull from pg_attribute where attrelid = 'api_key'::regclass and attname = 'reference_id'`,
    )
    await database.query('alter table api_key alter column reference_id drop not null')
    const changed = await changeRows(database, {
      table: 'api_key',
      set: { reference_id: 'null' },
      where: 'id = any($1)',
      value: [keyOf(seeded, 0), keyOf(seeded, 1), keyOf(seeded, 2)],
    })
    return { wasNotNull: rows[0]?.attnotnull === true, changed }
  },
  async mend({ database }, { wasNotNull, changed }) {
    await restoreRows(database, changed)
    if (wasNotNull) await database.query('alter table api_key alter column reference_id set not null')
  },
})

export const keysOfMissingOwners: Fault = fault({
  id: 'F12',
  title:
    'The user who owned one API key, and the organization that owned another, were deleted; both keys verify.',
  claims: () => ['owners of spare keys'],
  memo: z.object({ user: keptRowsSchema, organization: keptRowsSchema, changed: changedRowsSchema }),
  async make({ database, seeded }) {
    const { id } = createdOrganization(seeded)
    const owner = spareClient(seeded, 3).user
    const user = await keepRows(database, { of: belongingsOfUser, id: owner.id })
    const organization = await keepRows(database, { of: belongingsOfOrganization, id })
    const changed = await changeRows(database, {
      table: 'api_key',
      set: { reference_id: database.escapeLiteral(id) },
      where: 'id = $1',
      value: keyOf(seeded, 4),
    })
    await database.query('delete from "user" where id = $1', [owner.id])
    await database.query('delete from organization where id = $1', [id])
    return { user, organization, changed }
  },
  async mend({ database }, { user, organization, changed }) {
    await putBackRows(database, organization)
    await putBackRows(database, user)
    await restoreRows(database, changed)
  },
})

export const keysNearExhaustion: Fault = fault({
  id: 'F14',
  title: 'One API key has used 9 of its 10 requests a day, and another may be used twice more.',
  claims: () => ['limits of spare keys'],
  memo: z.object({ keys: keptRowsSchema, limited: changedRowsSchema, remaining: changedRowsSchema }),
  async make({ database, seeded }) {
    const keys = await keepRows(database, { of: [['api_key', 'id']], id: keyOf(seeded, 6) })
    const limited = await changeRows(database, {
      table: 'api_key',
      set: {
        ...{ rate_limit_enabled: 'true', rate_limit_max: '10', rate_limit_time_window: '86400000' },
        ...{ request_count: '9', last_request: 'now()' },
      },
      where: 'id = $1',
      value: keyOf(seeded, 5),
    })
    const remaining = await changeRows(database, {
      table: 'api_key',
      set: { remaining: '2', last_request: 'now()' },
      where: 'id = $1',
      value: keyOf(seeded, 6),
    })
    return { keys, limited, remaining }
  },
  async mend({ database }, { keys, limited, remaining }) {
    // better-auth deletes a key that is used up.
    await putBackRows(database, keys)
    await restoreRows(database, limited)
    await restoreRows(database, remaining)
  },
})

function keyOf(seeded: Seeded, index: Parameters<typeof spareClient>[1]): string {
  return spareClient(seeded, index).apiKey.id
}
