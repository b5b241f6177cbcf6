import { columnsOf, type Table } from '../catalogue/tables.ts'
import type { Reader } from '../database/connect.ts'
import { databaseError } from '../database/errors.ts'
import type { Names } from '../database/names.ts'
import { qualified, sql } from '../database/sql.ts'
import type { Target } from '../run/target.ts'
import { clockStep } from './clock-step.ts'
import { failing, passed, type Step, unknown } from './step.ts'

const TIMEOUT_MS = 5_000
/** A statement that must be stopped, and what it would take if nobody did. */
const LIMIT_MS = 300
const LONG = sql`select pg_sleep(3)`

/** Whether an application's database can be looked at, and no more than that. */
export async function databaseSteps(target: Target): Promise<readonly Step[]> {
  const { name } = target
  try {
    const begun = Date.now()
    const facts = await target.database.transaction(TIMEOUT_MS, async (reader) => {
      const arrived = Date.now()
      const names = await target.names(reader)
      return { names, now: reader.now, arrived, ...(await rightsOf(reader, names)) }
    })
    const { names, now, arrived } = facts
    const tables = [...names.tables.values()].map((table) => table.name)
    return [
      passed(
        `database.reach ${name}`,
        `better-auth's tables are in schema ${names.schema}: ${tables.join(', ')}`,
      ),
      rightsStep(name, facts),
      secretsStep(name, names),
      await limitsStep(target),
      clockStep(`clock.database ${name}`, { theirs: now.getTime(), sentAt: begun, receivedAt: arrived }),
    ]
  } catch (cause) {
    const { code, message } = databaseError(cause)
    return [
      failing(`database.reach ${name}`, 'critical', {
        seen: `${code}: ${message}`,
        advice: 'mend the URL, the server or the rights; nothing inside this database is watched',
      }),
    ]
  }
}

interface Rights {
  readonly role: string
  readonly superuser: boolean
  /** Connections the role may have; below 0 without a limit. */
  readonly connections: number
  /** Tables that the role could change, if a transaction were not read-only. */
  readonly writable: readonly string[]
}

async function rightsOf(reader: Reader, names: Names): Promise<Rights> {
  const all = [...names.base.values()].map(({ schema, name }) => qualified(schema, name).sql)
  const [role] = await reader.query(sql`
    select rolname::text as role, rolsuper as superuser, rolconnlimit as connections
      from pg_roles where rolname = current_user`)
  const writable = await reader.query(sql`
    select name from unnest(${all}::text[]) as name
     where has_table_privilege(name, 'INSERT, UPDATE, DELETE, TRUNCATE')
        or has_any_column_privilege(name, 'INSERT, UPDATE')
     order by 1`)
  return {
    role: String(role?.role),
    superuser: role?.superuser === true,
    connections: Number(role?.connections ?? -1),
    writable: writable.map((row) => String(row.name)),
  }
}

const GRANTS = '`authwatch grants` prints the SQL of a role that can do no harm'
/** What one worker uses. */
const CONNECTIONS = 3

function rightsStep(name: string, { role, superuser, writable, connections }: Rights): Step {
  const id = `database.rights ${name}`
  if (superuser)
    return failing(id, 'warning', {
      seen: `${role} is a superuser: only authwatch itself keeps it from writing`,
      advice: GRANTS,
    })
  if (writable.length > 0)
    return failing(id, 'warning', { seen: `${role} may change ${writable.join(', ')}`, advice: GRANTS })
  if (connections >= 0 && connections < CONNECTIONS)
    return failing(id, 'warning', {
      seen: `${role} may have ${connections} connections, and each worker uses up to ${CONNECTIONS}`,
      advice: `alter role "${role}" connection limit 12`,
    })
  return passed(id, `${role} may read and not write`)
}

/** Rows are never selected with them; but a role that cannot read them is one that nobody can abuse. */
function secretsStep(name: string, { base }: Names): Step {
  const id = `database.secrets ${name}`
  const readable = [...base].flatMap(([table, { columns }]) =>
    secretsOf(table)
      .filter((column) => columns.get(column)?.readable === true)
      .map((column) => `${table}.${column}`),
  )
  if (readable.length === 0) return passed(id, 'the role cannot read a secret column')
  return failing(id, 'info', { seen: `the role can read ${readable.join(', ')}`, advice: GRANTS })
}

const secretsOf = (table: Table): readonly string[] =>
  columnsOf(table).flatMap(({ name, privacy }) => (privacy === 'secret' ? [name] : []))

/** Tried out, not asked about: a pooler between may swallow what was set. */
async function limitsStep({ name, database }: Target): Promise<Step> {
  const id = `database.limits ${name}`
  const begun = performance.now()
  try {
    await database.transaction(LIMIT_MS, (reader) => reader.query(LONG))
  } catch (cause) {
    const { code, message } = databaseError(cause)
    if (code !== 'ERR_TIMEOUT')
      return unknown(id, `${code}: ${message}`, 'try again when the database answers')
    const took = Math.round(performance.now() - begun)
    return passed(id, `a statement that was given ${LIMIT_MS} ms was stopped after ${took} ms`)
  }
  return failing(id, 'critical', {
    seen: `a statement ran longer than the ${LIMIT_MS} ms it was given`,
    advice: 'let the pooler pass `set local` on; a check could keep the database busy without end',
  })
}
