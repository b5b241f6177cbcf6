import { expect, test } from 'vitest'
import { withoutMembers } from '../../../src/checks/organization/without-members.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const MINUTE = 60_000
const ago = (milliseconds: number) => new Date(asOf.getTime() - milliseconds)

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'an organization past its grace that nobody belongs to is found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: ago(60 * MINUTE) })
    await db.insert('member')
    await db.insert('organization', { id: 'just-made', createdAt: ago(15 * MINUTE - 1) })
    expect(await runCheck(withoutMembers, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('organization', { id: 'empty', slug: 'empty-slug', createdAt: ago(15 * MINUTE) })
    const verdict = await runCheck(withoutMembers, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'info', values: { offenders: 1 } })
    expect(verdict).toMatchObject({ findings: [{ key: 'empty', detail: { slug: 'empty-slug' } }] })
  },
)
