import pg from 'pg'
import { columnsOf, type Table, tableNames } from '../../src/catalogue/tables.ts'
import type { TestDatabase } from '../support/database.ts'
import { SCHEMAS } from '../support/schemas/index.ts'

/** What somebody may write into a name, so that whoever prints it does something else than print. */
export const HOSTILE_TEXTS = [
  `'"; drop table "user"; --`,
  '\u001b[2J\u001b[31mpwned\u001b]0;title\u0007',
  '\u009b31mpwned\u0090\u007f',
  'one\ntwo\r\nthree\tfour\u2028five',
  '\u202Egnp.exe\u2066\u200b\ufeff\u200f',
  '__proto__',
  'constructor',
  '<script>alert(1)</script>"><img src=x onerror=alert(1)>&lt;',
  `=cmd|'/c calc'!A1`,
  '@SUM(1+1)*cmd',
  '+1',
  '-2+3',
  '\t=1+1',
  '\ud83d\ude00'.repeat(200),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a template engine would take for its own
  '{{7*7}} ${7*7} %s %n \\u001b \\',
  '# authwatch_up{x="1"} 1\nauthwatch_up 1',
] as const

/** The ends of what PostgreSQL's times can hold, and a time that is right. */
const HOSTILE_TIMES = [
  'infinity',
  '-infinity',
  '294276-12-31 23:59:59.999',
  '4713-01-01 00:00:00 BC',
  '2026-11-23 11:00:00',
] as const

const HOSTILE_PAST = [HOSTILE_TIMES[1], HOSTILE_TIMES[3], HOSTILE_TIMES[4]] as const

const HOSTILE_NUMBERS = [-2_147_483_648, 2_147_483_647, -1, 0, 1] as const

const MEGABYTE = 1_048_576
/** An index takes no more of a text, packed as it is, than a third of a page. */
const LONG_IN_INDEX = 100_000

type Value = string | number | boolean | null
type Row = Readonly<Record<string, Value>>

/** Rows that were never meant, in every table that this schema has, as a restored backup or a bad script leaves them. */
export async function insertHostileRows(db: TestDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: db.url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await client.query('set session_replication_role = replica')
    for (const table of tableNames.filter((each) => SCHEMAS[db.naming].tables[each] !== undefined)) {
      const nullable = await nullableColumns(client, db, table)
      const rows = hostileRows(table, nullable)
      const physical = rows.map((row) => toPhysical(db, table, row))
      const name = db.physical(table).table
      await client.query(
        `insert into ${name} select * from jsonb_populate_recordset(null::${name}, $1) on conflict do nothing`,
        [JSON.stringify(physical)],
      )
    }
  } finally {
    await client.end()
  }
}

/** Each time with each other, since it is their differences that leave the range; texts and numbers in turn. */
function hostileRows(table: Table, nullable: ReadonlySet<string>): readonly Row[] {
  const columns = columnsOf(table)
  const count = 125
  return Array.from({ length: count }, (_, i) => {
    let times = 0
    const entries = columns.map(({ name, spec }, c): readonly [string, Value] => {
      const isNull = nullable.has(name) && (i * 7 + c * 3) % 11 === 0
      if (spec.type === 'time') {
        const turn = Math.floor(i / 5 ** times++) % 5
        const time = (isSample(table, i) ? HOSTILE_PAST[turn % 3] : HOSTILE_TIMES[turn]) ?? null
        return [name, isNull ? null : time]
      }
      if (isNull) return [name, null]
      if (spec.type === 'boolean') return [name, (i + c) % 2 === 0]
      if (spec.type === 'integer') return [name, HOSTILE_NUMBERS[(i + c) % 5] ?? null]
      return [name, textOf(table, name, i, c)]
    })
    return Object.fromEntries(entries)
  })
}

/** Columns that better-auth's migrations index. */
const INDEXED = /^(id|email|token|.*Id|identifier|slug|key|secret|status)$/

const LONG_ROW = 100

/** The organizations that the sample of those without members shows: old enough, and each with another slug. */
function isSample(table: Table, i: number): boolean {
  return table === 'organization' && i < HOSTILE_TEXTS.length
}

function textOf(table: Table, column: string, i: number, c: number): string {
  if (i === LONG_ROW) return 'x'.repeat(INDEXED.test(column) ? LONG_IN_INDEX : MEGABYTE)
  // Plain ids, so that the sample of 20 is known.
  if (table === 'organization' && column === 'id') return `row-${String(i).padStart(3, '0')}`
  const hostile = HOSTILE_TEXTS[(column === 'slug' ? i : i + c) % HOSTILE_TEXTS.length] ?? ''
  if (column === 'slug') return isSample(table, i) ? hostile : `${hostile}${i}`
  const refersToUser = /^(userId|referenceId|inviterId)$/.test(column)
  // Of the references, half lead somewhere.
  if (column === 'id' || (refersToUser && i % 2 === 0))
    return `${HOSTILE_TEXTS[i % HOSTILE_TEXTS.length]}${i}`
  return column === 'key' ? `${hostile}${i % 40}` : `${hostile}${i}`
}

async function nullableColumns(
  client: pg.Client,
  db: TestDatabase,
  table: Table,
): Promise<ReadonlySet<string>> {
  const schema = SCHEMAS[db.naming]
  const { rows } = await client.query<{ column: string }>(
    `select column_name as "column" from information_schema.columns
      where table_schema = $1 and table_name = $2 and is_nullable = 'YES'`,
    [schema.postgresSchema, schema.tables[table]],
  )
  const physical = new Set(rows.map(({ column }) => column))
  return new Set(
    columnsOf(table)
      .map(({ name }) => name)
      .filter((name) => physical.has(schema.column(table, name))),
  )
}

/** Under the real names; a column that this schema lacks is left out. */
function toPhysical(db: TestDatabase, table: Table, row: Row): Row {
  const schema = SCHEMAS[db.naming]
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [schema.column(table, name), value]))
}
