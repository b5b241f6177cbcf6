import { expect, test } from 'vitest'
import { scanCheck } from '../../src/catalogue/check.ts'
import { sql } from '../../src/database/sql.ts'
import { MAX_FINDINGS } from '../../src/scan/findings.ts'
import { watch } from '../run/watch.ts'
import { testDatabase } from '../support/database.ts'

const slugs = scanCheck({
  id: 'test.slugs',
  title: 'Organizations begin with x',
  every: '1m',
  timeout: '2s',
  table: 'organization',
  offenders: ({ col }) => sql`${col.slug} like 'x%'`,
  show: ['id', 'slug', 'createdAt'],
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '5m',
      summary: 'Organizations begin with x',
    },
  ],
})

test('the sample is capped and the same on every run, and the count is whole', async () => {
  await using db = await testDatabase()
  await using watched = watch(db.url)
  expect(await watched.verdict(slugs)).toEqual({ state: 'pass', values: { offenders: 0 } })

  for (let n = 30; n > 0; n -= 1) {
    await db.insert('organization', { id: `organization-${String(n).padStart(2, '0')}`, slug: `x${n}` })
  }
  const verdict = await watched.verdict(slugs)
  expect(verdict).toMatchObject({ state: 'fail', values: { offenders: 30 } })
  const keys = verdict.state === 'fail' ? verdict.findings.map(({ key }) => key) : []
  expect(keys).toEqual(
    Array.from({ length: MAX_FINDINGS }, (_, n) => `organization-${String(n + 1).padStart(2, '0')}`),
  )
  expect(await watched.verdict(slugs)).toEqual(verdict)
})

test('a finding is text of bounded length, with its time in UTC', async () => {
  await using db = await testDatabase('camelCase', { settings: { TimeZone: 'America/New_York' } })
  const createdAt = new Date('2026-11-23T12:00:00Z')
  await db.insert('organization', { id: 'o', slug: 'x'.repeat(5_000), createdAt })
  await using watched = watch(db.url)
  expect(await watched.verdict(slugs)).toMatchObject({
    findings: [{ key: 'o', detail: { slug: 'x'.repeat(120), createdAt: '2026-11-23 12:00:00+00' } }],
  })
})

test('a sample that cannot be listed leaves the verdict and its count standing', async () => {
  await using db = await testDatabase()
  await db.insert('organization', { slug: 'x' })
  await using watched = watch(db.url)
  // Counting never looks at what is shown; listing it divides by zero.
  await db.query('alter table organization rename to organization_rows')
  await db.query(`create view organization as
    select id, name, slug, logo, metadata, (1 / (length(slug) - 1))::text as "createdAt" from organization_rows`)
  const unlisted = await watched.verdict(slugs)
  expect(unlisted).toMatchObject({ state: 'fail', values: { offenders: 1 }, findings: [] })

  await db.query(`update organization_rows set slug = 'xx'`)
  expect(await watched.verdict(slugs)).toMatchObject({
    values: { offenders: 1 },
    findings: [{ detail: { createdAt: '1' } }],
  })
})
