import { z } from 'zod'
import { changedRowsSchema, changeRows, restoreRows } from './changed-rows.ts'
import { type Fault, fault } from './fault.ts'
import { keepRows, keptRowsSchema, putBackRows } from './kept-rows.ts'
import { canaryOf, foreignTenantOf } from './roles.ts'

export const canaryKeyRevoked: Fault = canaryKeyFault({
  id: 'F10',
  title: 'The canary’s API key is marked revoked in the CRM’s own column, so the CRM answers 401.',
  set: { revoked: 'true' },
})

export const canaryKeyDisabled: Fault = canaryKeyFault({
  id: 'F10b',
  title: 'The canary’s API key is disabled, so better-auth refuses it.',
  set: { enabled: 'false' },
})

export const canaryKeyExpired: Fault = canaryKeyFault({
  id: 'F10c',
  title: 'The canary’s API key expired an hour ago; better-auth refuses it and deletes it at its next use.',
  set: { expires_at: `now() - interval '1 hour'` },
})

export const canaryKeyUsedUp: Fault = canaryKeyFault({
  id: 'F10d',
  title: 'The canary’s API key has no request left; better-auth refuses it and deletes it at its next use.',
  set: { remaining: '0' },
})

function canaryKeyFault({
  id,
  title,
  set,
}: Pick<Fault, 'id' | 'title'> & { readonly set: Readonly<Record<string, string>> }): Fault {
  return fault({
    id,
    title,
    claims: () => ['key of the canary'],
    memo: z.object({ key: keptRowsSchema, changed: changedRowsSchema }),
    async make({ database, seeded }) {
      const { apiKey } = canaryOf(seeded)
      const key = await keepRows(database, { of: [['api_key', 'id']], id: apiKey.id })
      const change = { table: 'api_key', set, where: 'id = $1', value: apiKey.id }
      return { key, changed: await changeRows(database, change) }
    },
    async mend({ database }, { key, changed }) {
      await putBackRows(database, key)
      await restoreRows(database, changed)
    },
  })
}

export const canaryInOtherOrganization: Fault = fault({
  id: 'F13',
  title: 'The owner of the canary’s API key was moved out of the organization that its x-tenant-id names.',
  claims: () => ['membership of the canary'],
  memo: changedRowsSchema,
  make({ database, seeded }) {
    const { user } = canaryOf(seeded)
    // A third one: the foreign tenant must go on refusing the canary.
    const other = seeded.organizations.find(
      ({ slug }) => slug !== user.organization && slug !== foreignTenantOf(seeded),
    )!
    return changeRows(database, {
      table: 'member',
      set: { organization_id: database.escapeLiteral(other.id) },
      where: 'user_id = $1',
      value: user.id,
    })
  },
  mend: ({ database }, former) => restoreRows(database, former),
})
