import { expect, test } from 'vitest'
import type { DatabaseCheck } from '../../src/catalogue/check.ts'
import { noReference } from '../../src/checks/api-key/no-reference.ts'
import { population } from '../../src/checks/api-key/population.ts'
import { checks } from '../../src/checks/index.ts'
import { usersWithoutMembership } from '../../src/checks/organization/users-without-membership.ts'
import { indexMissing } from '../../src/checks/schema/index-missing.ts'
import { userMissing } from '../../src/checks/session/user-missing.ts'
import { runUnit } from '../../src/run/run-unit.ts'
import { planUnits } from '../../src/scan/plan.ts'
import { testDatabase } from '../support/database.ts'
import { watch } from './watch.ts'

/** Verdicts of the checks as a worker has them that was told of these waivers. */
async function verdicts(url: string, given: readonly DatabaseCheck[], waived: readonly string[] = []) {
  await using watched = watch(url)
  const run = { target: watched.target, clock: Date.now, waived: () => waived }
  const results = await Promise.all(planUnits(given).map((unit) => runUnit(unit, run)))
  return Object.fromEntries(results.flat().map(({ check, verdict }) => [check, verdict]))
}

test.each(['camelCase', 'snakeCase'] as const)(
  'a waived row is in no number of its check, and its condition is judged without it (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    const both = [noReference, population]
    const recently = new Date(Date.now() - 60_000)
    const healthy = await db.insert('apiKey')
    const before = await verdicts(db.url, both, [healthy])
    expect(before[noReference.id]).toMatchObject({ state: 'pass', values: { offenders: 0, waived: 0 } })

    // One more in use than the critical condition takes.
    for (const id of ['a', 'b', 'c'])
      await db.insert('apiKey', { id, referenceId: '', lastRequest: recently })
    expect((await verdicts(db.url, both))[noReference.id]).toMatchObject({
      ...{ state: 'fail', severity: 'critical', values: { offenders: 3, inUse: 3, idle: 0 } },
    })
    const one = await verdicts(db.url, both, ['b'])
    expect(one[noReference.id]).toMatchObject({
      ...{ state: 'fail', severity: 'warning' },
      values: { offenders: 2, inUse: 2, idle: 0, waived: 1 },
      findings: [{ key: 'a' }, { key: 'c' }],
      waived: [{ key: 'b' }],
    })
    const all = await verdicts(db.url, both, ['a', 'b', 'c', 'gone'])
    expect(all[noReference.id]).toMatchObject({ state: 'pass', values: { offenders: 0, waived: 3 } })
  },
)

test('a waiver for one check leaves the fused neighbours their rows', async () => {
  await using db = await testDatabase()
  for (const id of ['a', 'b']) await db.insert('apiKey', { id, referenceId: '' })
  await using watched = watch(db.url)
  const waived = (id: string) => (id === noReference.id ? ['a'] : [])
  const [unit] = planUnits([noReference, population])
  const results = await runUnit(unit!, { target: watched.target, clock: Date.now, waived })
  const values = results.map(({ verdict }) => ('values' in verdict ? verdict.values : {}))
  expect(values).toMatchObject([{ offenders: 1, waived: 1 }, { active: 2 }])
})

test('the count is exact when the waived row is far behind the sample', async () => {
  await using db = await testDatabase()
  const ids = Array.from({ length: 60 }, (_, i) => `s${String(i).padStart(2, '0')}`)
  for (const id of ids) await db.insert('session', { id, userId: 'nobody' })
  const verdict = (await verdicts(db.url, [userMissing], ['s59', 's00']))[userMissing.id]
  expect(verdict).toMatchObject({ state: 'fail', values: { offenders: 58, waived: 2 } })
  expect(verdict?.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual(ids.slice(1, 21))
})

test('what a query check measures beside its rows is measured without the waived ones', async () => {
  await using db = await testDatabase()
  const old = new Date(Date.now() - 3_600_000)
  for (const _ of [1, 2, 3]) {
    const userId = await db.insert('user', { createdAt: old })
    await db.insert('member', { userId })
  }
  const lonely = await db.insert('user', { createdAt: old })
  const failing = (await verdicts(db.url, [usersWithoutMembership]))[usersWithoutMembership.id]
  expect(failing).toMatchObject({ state: 'fail', severity: 'warning', values: { recent: 1, share: 0.25 } })
  const waived = (await verdicts(db.url, [usersWithoutMembership], [lonely]))[usersWithoutMembership.id]
  expect(waived).toMatchObject({ state: 'pass', values: { offenders: 0, recent: 0, share: 0, waived: 1 } })
})

test('findings about the schema are waived by their name', async () => {
  await using db = await testDatabase()
  const { table, column } = db.physical('session')
  const [index] = await db.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index
      where indrelid = '${table}'::regclass and pg_get_indexdef(indexrelid) like '%(${column('userId')})%'`,
  )
  await db.query(`drop index ${index?.name}`)
  expect((await verdicts(db.url, [indexMissing]))[indexMissing.id]).toMatchObject({
    values: { offenders: 1 },
  })
  const waived = await verdicts(db.url, [indexMissing], ['session.userId'])
  expect(waived[indexMissing.id]).toMatchObject({ state: 'pass', values: { offenders: 0, waived: 1 } })
})

test('every query check says whose rows its offenders are', () => {
  const silent = checks.filter(
    (check) => check.kind === 'query' && check.offenders !== undefined && check.rowsOf === undefined,
  )
  expect(silent.map(({ id }) => id)).toEqual([])
})
