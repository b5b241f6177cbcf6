import { expect, test } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { type Sql, sql } from '../../src/database/sql.ts'
import type { Target } from '../../src/run/target.ts'
import { planUnits } from '../../src/scan/plan.ts'
import { faultyRows, healthyApplication } from '../run/application.ts'
import { aggregating } from '../run/own-checks.ts'
import { watch, watching } from '../run/watch.ts'
import { testDatabase } from '../support/database.ts'
import { NAMINGS, SCHEMAS } from '../support/schemas/index.ts'

const now = new Date('2026-11-23T12:00:00Z')
const scans = checks.filter(({ kind }) => kind === 'scan')

/** The target itself, whose statements are also noted. */
function noting(target: Target, statements: string[]): Target {
  const note = (statement: Sql) => {
    statements.push(statement.text)
    return statement
  }
  return {
    ...target,
    database: {
      connections: target.database.connections,
      transaction: (timeoutMs, read) =>
        target.database.transaction(timeoutMs, (reader) =>
          read({
            now: reader.now,
            query: (statement) => reader.query(note(statement)),
            attempt: (statement) => reader.attempt(note(statement)),
          }),
        ),
      [Symbol.asyncDispose]: () => target.database[Symbol.asyncDispose](),
    },
  }
}

test.each(NAMINGS)('checks that share a scan come to what each comes to alone (%s)', async (naming) => {
  await using db = await testDatabase(naming, { now })
  await healthyApplication(db, now)
  await using watched = watch(db.url, { asOf: now })
  const compare = async () => {
    const together = await watched.verdicts(scans)
    for (const check of scans) {
      expect(await watched.verdict(check), check.id).toEqual(together.get(check.id))
    }
    return together
  }
  await compare()
  await faultyRows(db, now)
  const faulty = [...(await compare()).values()]
  expect(faulty.filter(({ state }) => state === 'fail').length).toBeGreaterThan(0)
})

test('in good health each shared scan is one statement over its table', async () => {
  await using db = await testDatabase('camelCase', { now })
  await healthyApplication(db, now)
  const statements: string[] = []
  await using watched = watching(noting(watch(db.url).target, statements), { asOf: now })
  await watched.names()
  statements.length = 0
  await watched.verdicts(scans)

  const expected = planUnits(scans).map((unit) => {
    const table = unit.kind === 'scan' ? SCHEMAS.camelCase.tables[unit.table] : undefined
    return `"public"."${table}"`
  })
  const scanned = statements.map((text) => /"public"\."\w+"/.exec(text)?.[0])
  expect(scanned.toSorted()).toEqual(expected.toSorted())
  expect(scanned.length).toBeLessThan(scans.length)
})

test('offenders are listed only after a failure, once for each check that failed', async () => {
  await using db = await testDatabase('camelCase', { now })
  await healthyApplication(db, now)
  const statements: string[] = []
  await using watched = watching(noting(watch(db.url).target, statements), { asOf: now })
  const lists = () => statements.filter((text) => text.startsWith('select left(o."id"'))
  await watched.verdicts(checks)
  expect(statements.length).toBeGreaterThan(0)
  expect(lists()).toEqual([])

  await faultyRows(db, now)
  const verdicts = [...(await watched.verdicts(checks)).values()]
  const listed = verdicts.filter((verdict) => verdict.state === 'fail' && verdict.findings.length > 0)
  // The schema's checks have their findings from the catalogue.
  expect(lists().length).toBe(listed.length)
})

test('more numbers than PostgreSQL has room for in a name stay apart', async () => {
  await using db = await testDatabase('camelCase', { now })
  const many = Array.from({ length: 120 }, (_, n) =>
    aggregating(`test.${'long_'.repeat(14)}${n}`, sql`count(*) + ${n}::int`),
  )
  await using watched = watch(db.url, { asOf: now })
  const verdicts = await watched.verdicts(many)
  for (const [n, { id }] of many.entries()) {
    expect(verdicts.get(id)).toEqual({ state: 'pass', values: { measured: n } })
  }
})
