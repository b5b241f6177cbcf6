import pg from 'pg'
import { expect, test } from 'vitest'
import type { DatabaseCheck } from '../../src/catalogue/check.ts'
import { isRowFix } from '../../src/catalogue/fix.ts'
import { defaultPolicy } from '../../src/catalogue/policy.ts'
import { checks } from '../../src/checks/index.ts'
import { applyRepair, countRows } from '../../src/fix/apply-repair.ts'
import { plainSql } from '../../src/fix/plain-sql.ts'
import { repairOf } from '../../src/fix/repair.ts'
import { OPENING, openWriter } from '../../src/fix/writer.ts'
import { watch } from '../run/watch.ts'
import { type LogicalTable, type TestDatabase, testDatabase } from '../support/database.ts'
import { runCheck, valuesOf } from '../support/run-check.ts'

const HOUR = 3_600_000
const ago = (hours: number) => new Date(Date.now() - hours * HOUR)
const ahead = (hours: number) => new Date(Date.now() + hours * HOUR)

const check = (id: string): DatabaseCheck => checks.find((each) => each.id === id)!
const fixable = checks.filter(({ fix }) => isRowFix(fix)).map(({ id }) => id)

const TABLES: readonly LogicalTable[] = [
  ...(['user', 'session', 'account', 'verification', 'organization', 'member'] as const),
  ...(['invitation', 'apiKey'] as const),
]

/** Every row as text, by table and id. */
async function everything(db: TestDatabase): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>()
  for (const table of TABLES) {
    const { table: name, column } = db.physical(table)
    const found = await db.query<{ id: string; row: string }>(
      `select ${column('id')}::text as id, to_jsonb(t)::text as row from ${name} as t`,
    )
    for (const { id, row } of found) rows.set(`${table}/${id}`, row)
  }
  return rows
}

function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  return [...before.keys()].filter((key) => before.get(key) !== after.get(key)).toSorted()
}

/** Rows in good health beside each kind of offender, two of each; gives the offenders by check. */
async function breakEverything(
  db: TestDatabase,
  hasRevoked: boolean,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const userId = await db.insert('user')
  const banned = await db.insert('user', { banned: true })
  const organizationId = await db.insert('organization')
  await db.insert('member', { userId, organizationId })
  await db.insert('session', { userId, activeOrganizationId: organizationId })
  await db.insert('invitation')
  await db.insert('verification')
  await db.insert('apiKey', { referenceId: userId, lastRequest: ago(1) })
  await db.insert('apiKey', { referenceId: 'gone', enabled: false })
  const two = async (table: LogicalTable, rows: readonly Readonly<Record<string, unknown>>[]) => {
    const ids: string[] = []
    for (const row of rows) ids.push(`${table}/${await db.insert(table, row)}`)
    return ids
  }
  const twice = (table: LogicalTable, row: Readonly<Record<string, unknown>>) => two(table, [row, row])
  return {
    'session.expired_backlog': await twice('session', { userId, expiresAt: ago(1) }),
    'session.user_banned': await twice('session', { userId: banned }),
    'session.user_missing': await twice('session', { userId: 'gone' }),
    'session.active_organization_missing': await twice('session', { userId, activeOrganizationId: 'gone' }),
    'verification.expired_backlog': await twice('verification', { expiresAt: ago(48) }),
    'organization.membership_orphaned': await two('member', [
      { userId: 'gone', organizationId },
      { userId, organizationId: 'gone' },
    ]),
    'organization.invitation_expired': await twice('invitation', { organizationId, expiresAt: ago(1) }),
    'api_key.expired_enabled': await twice('apiKey', { referenceId: userId, expiresAt: ago(1) }),
    'api_key.owner_missing': await twice('apiKey', { referenceId: 'gone', expiresAt: ahead(24) }),
    ...(hasRevoked
      ? {
          'api_key.revoked_in_use': await twice('apiKey', {
            ...{ referenceId: userId, revoked: true, lastRequest: ago(1), updatedAt: ago(1) },
          }),
        }
      : {}),
  }
}

async function repairIn(db: TestDatabase, id: string, waived: readonly string[] = []) {
  await using watched = watch(db.url)
  const { database } = watched.target
  return await database.transaction(5_000, async (reader) => {
    const names = await watched.target.names(reader)
    const options = { names, asOf: reader.now, policy: defaultPolicy, canaries: [], waived }
    return repairOf(check(id), options)!
  })
}

const offendersOf = async (db: TestDatabase, id: string) => valuesOf(await runCheck(check(id), db)).offenders

test.concurrent.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'each fix mends its check and touches no other row (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    // An application's own column.
    const hasRevoked = naming === 'snakeCase'
    const offenders = await breakEverything(db, hasRevoked)
    if (hasRevoked) expect(Object.keys(offenders).toSorted()).toEqual(fixable.toSorted())
    await using writer = await openWriter(db.url)
    for (const [id, rows] of Object.entries(offenders)) {
      expect([id, await offendersOf(db, id)]).toEqual([id, 2])
      const before = await everything(db)
      const repair = await repairIn(db, id)
      expect(await countRows(repair, writer)).toBe(2)
      const stop = new AbortController().signal
      const done = await applyRepair({ repair, writer, size: 1, atMost: 2, stop, onBatch: () => {} })
      expect([id, done]).toEqual([id, 2])
      expect([id, await offendersOf(db, id)]).toEqual([id, 0])
      expect(changed(before, await everything(db))).toEqual(rows.toSorted())
    }
  },
)

test.concurrent('the printed statement does the same by hand, batch by batch', async () => {
  await using db = await testDatabase('snakeCase')
  const userId = await db.insert('user', { id: "o'brien", banned: true })
  for (const _ of [1, 2, 3]) await db.insert('session', { userId })
  const waived = await db.insert('session', { id: "it's", userId })
  const repair = await repairIn(db, 'session.user_banned', [waived])
  const script = [...OPENING, plainSql(repair.statement(2)), 'commit'].join(';\n')
  const client = new pg.Client({ connectionString: db.url })
  await client.connect()
  try {
    const deleted: (number | null)[] = []
    for (const _ of [1, 2, 3]) {
      const answers: unknown = await client.query(script)
      const results: readonly pg.QueryResult[] = Array.isArray(answers) ? answers : []
      deleted.push(results.at(-2)?.rowCount ?? null)
    }
    expect(deleted).toEqual([2, 1, 0])
  } finally {
    await client.end()
  }
  const { table, column } = db.physical('session')
  expect(await db.query(`select ${column('id')} as id from ${table}`)).toEqual([{ id: waived }])
})

test.concurrent('a row that is no offender any more when its batch is written stays', async () => {
  await using db = await testDatabase()
  const userId = await db.insert('user')
  const id = await db.insert('session', { userId, expiresAt: ago(1) })
  const repair = await repairIn(db, 'session.expired_backlog')
  await using writer = await openWriter(db.url)
  let tries = 0
  const done = await writer.transaction(async (transaction) => {
    tries += 1
    const { rows } = await transaction.query(repair.batch({ size: 10, after: undefined }))
    // The application prolongs it between the look and the change.
    if (tries === 1) await db.update('session', id, { expiresAt: ahead(1) })
    return (await transaction.query(repair.change(rows.map((row) => String(row.id))))).changed
  })
  expect({ tries, done }).toEqual({ tries: 2, done: 0 })
  expect((await everything(db)).has(`session/${id}`)).toBe(true)
})

test.concurrent('rows that the application holds are left, with a word about it', async () => {
  await using db = await testDatabase()
  const userId = await db.insert('user')
  await db.insert('session', { userId, expiresAt: ago(1) })
  const repair = await repairIn(db, 'session.expired_backlog')
  const { table } = db.physical('session')
  const holder = new pg.Client({ connectionString: db.url })
  await holder.connect()
  try {
    await holder.query(`begin; select * from ${table} for update`)
    await using writer = await openWriter(db.url)
    const stop = new AbortController().signal
    const applying = applyRepair({ repair, writer, size: 10, atMost: 1, stop, onBatch: () => {} })
    await expect(applying).rejects.toThrow('the application holds the rows of this batch')
  } finally {
    await holder.end()
  }
})

test.concurrent('every check whose rows offend says what mends it, or what has to be decided', () => {
  const silent = checks.filter(
    (check) => check.kind !== 'inspect' && check.show !== undefined && check.fix === undefined,
  )
  expect(silent.map(({ id }) => id)).toEqual([])
})
