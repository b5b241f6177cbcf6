import { expect, test } from 'vitest'
import { slugAmbiguous } from '../../../src/checks/organization/slug-ambiguous.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const createdAt = new Date('2026-01-01T00:00:00Z')

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'blank slugs and slugs that differ only in case are found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    await db.insert('organization', { id: 'z-oldest', slug: 'acme', createdAt })
    await db.insert('organization', { id: 'near', slug: 'acme-2' })
    await db.insert('organization', { id: 'inner-space', slug: 'ac me' })
    expect(await runCheck(slugAmbiguous, db)).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('organization', { id: 'blank', slug: ' ' })
    await db.insert('organization', { id: 'case', slug: 'Acme' })
    await db.insert('organization', { id: 'space', slug: 'acme ' })
    const verdict = await runCheck(slugAmbiguous, db)
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 3 } })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual([
      'blank',
      'case',
      'space',
    ])
  },
)

test('organizations without a slug are each found', async () => {
  await using db = await testDatabase('camelCase')
  await db.query('alter table organization alter column slug drop not null')
  await db.insert('organization')
  expect(valuesOf(await runCheck(slugAmbiguous, db))).toEqual({ offenders: 0 })
  await db.insert('organization', { slug: null })
  await db.insert('organization', { slug: null })
  expect(valuesOf(await runCheck(slugAmbiguous, db))).toEqual({ offenders: 2 })
})
