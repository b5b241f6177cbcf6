import type { Table } from '../../catalogue/tables.ts'
import type { Spelling } from '../../database/spelling.ts'

/** Prisma's times have no zone: without it they would be compared with the session's own. */
export const IN_UTC = "set timezone = 'UTC';"

/** One row changed, by its id, in the spelling of the watched database. */
export function updateRow(
  spell: Spelling,
  change: { readonly table: Table; readonly id: string; readonly set: Readonly<Record<string, string>> },
): string {
  const { table, id, set } = change
  const assignments = Object.entries(set).map(([name, value]) => `${spell.column(table, name)} = ${value}`)
  const where = `${spell.column(table, 'id')} = ${spell.text(id)}`
  return `update ${spell.table(table)} set ${assignments.join(', ')} where ${where};`
}

export function deleteRow(spell: Spelling, row: { readonly table: Table; readonly id: string }): string {
  const { table, id } = row
  return `delete from ${spell.table(table)} where ${spell.column(table, 'id')} = ${spell.text(id)};`
}

/** What `auth.api.addMember` writes. */
export function addMember(
  spell: Spelling,
  member: { readonly userId: string; readonly organizationId: string },
): string {
  const names = ['id', 'userId', 'organizationId', 'role', 'createdAt'].map((name) =>
    spell.column('member', name),
  )
  const values = `${spell.newId('member')}, ${spell.text(member.userId)}, ${spell.text(member.organizationId)}, 'member', now()`
  return `insert into ${spell.table('member')} (${names.join(', ')}) values (${values});`
}

/** Keys are stopped where better-auth looks. */
export function disableKey(spell: Spelling, id: string): string {
  return updateRow(spell, { table: 'apiKey', id, set: { enabled: 'false', updatedAt: 'now()' } })
}
