import type { DatabaseCheck } from '../../catalogue/check.ts'
import { isRowFix } from '../../catalogue/fix.ts'
import type { CheckId } from '../../catalogue/naming.ts'
import type { Policy } from '../../catalogue/policy.ts'
import type { Finding } from '../../catalogue/result.ts'
import type { Names } from '../../database/names.ts'
import { plainSql } from '../../fix/plain-sql.ts'
import { repairOf } from '../../fix/repair.ts'
import type { Fix } from '../diagnosis.ts'
import { IN_UTC } from './repairs.ts'

/** The database in which a check found something. */
export interface FoundIn {
  readonly names: Names
  readonly policy: Policy
  /** The instant of the diagnosis. */
  readonly asOf: Date
  /** Of the rows that were found, a sample. */
  readonly findings: readonly Finding[]
  /** How many were found. */
  readonly count: number
}

/** Rows that one statement changes, as `authwatch fix` prints it. */
const BATCH = 1_000
/** Rows that a statement names one by one. */
const NAMED = 20

/** Where nothing shorter can be said. */
export const IN_THE_RUNBOOK: Fix = { say: 'The runbook tells what to do about it.' }

/** What no change of rows mends, by what was found. */
const DECISIONS: Readonly<Record<CheckId, (keys: string) => Fix>> = {
  'schema.column_missing': (keys) => ({
    say: `Apply the migration that was forgotten, for ${keys}; then restart the servers that started without it.`,
    run: ['npx auth migrate'],
  }),
  'schema.index_missing': (keys) => ({
    say: `Create an index that begins with ${keys}, outside a transaction (create index concurrently …): it blocks nobody.`,
  }),
}

/** What to do about the rows that a check found, with the statement in the names of their database. */
export function fixOfCheck(check: DatabaseCheck, found: FoundIn): Fix {
  const keys = found.findings.slice(0, NAMED).map(({ key }) => key)
  const decision = DECISIONS[check.id]?.(keys.join(', '))
  if (decision !== undefined) return decision
  const { fix } = check
  if (fix === undefined) return IN_THE_RUNBOOK
  if (!isRowFix(fix)) return { say: fix.decide }
  const statement = statementOf(check, found)
  const action = fix.action === 'delete' ? 'Delete these rows.' : 'Change these rows.'
  const say = `${action} ${fix.effect} \`authwatch fix ${check.id}\` does it in batches.`
  return statement === undefined ? { say } : { say, run: [IN_UTC, statement] }
}

/** Undefined where the database lacks what the change needs. */
function statementOf(check: DatabaseCheck, found: FoundIn): string | undefined {
  const { names, policy, asOf, findings, count } = found
  try {
    const repair = repairOf(check, { names, policy, asOf, canaries: [], waived: [] })
    if (repair === undefined) return undefined
    // A few rows are named; of many, the statement finds them itself.
    const isAll = findings.length <= NAMED && findings.length >= count
    const statement = isAll ? repair.change(findings.map(({ key }) => key)) : repair.statement(BATCH)
    return `${plainSql(statement)};`
  } catch {
    return undefined
  }
}
