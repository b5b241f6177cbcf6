import type { DatabaseCheck } from '../src/catalogue/check.ts'
import { defaultPolicy } from '../src/catalogue/policy.ts'
import { queryScope, type ScopeOptions, scanScope } from '../src/database/scope.ts'
import { identifier, type Sql, sql } from '../src/database/sql.ts'
import { planUnits } from '../src/scan/plan.ts'
import { sharedSelect } from '../src/scan/select.ts'
import { openBenchTarget } from './variants.ts'

/** A check as one check for each of its numbers: what a file of queries, one for each metric, would run. */
export function inItsOwnStatement(check: DatabaseCheck): readonly DatabaseCheck[] {
  if (check.kind === 'inspect') return [check]
  const { offenders, gauges = {}, ...rest } = check
  const numbers = Object.keys(gauges)
  if (check.kind === 'scan') {
    const counted = offenders === undefined ? [] : [{ ...rest, offenders }]
    const measured = Object.entries(gauges).map(([name, gauge]) => ({ ...rest, gauges: { [name]: gauge } }))
    // The parts keep the table of the whole, which the compiler loses sight of in the spread.
    return [...counted, ...measured] as readonly DatabaseCheck[]
  }
  const { measure, shared: _, offenders: listed, ...query } = check
  const counted: readonly DatabaseCheck[] = listed === undefined ? [] : [{ ...query, offenders: listed }]
  if (measure === undefined) return counted
  const measured = numbers.map((name): DatabaseCheck => {
    return { ...query, measure: (scope) => sql`select ${identifier(name)} from (${measure(scope)}) as m` }
  })
  return [...counted, ...measured]
}

/** One number of one check, as a person would write it down for another program. */
export interface NumberQuery {
  readonly name: string
  /** Without parameters; one row with the column `value`. */
  readonly text: string
}

/** Every number that the checks read from tables. What they read from the catalogue is no number of a table. */
export async function numberQueries(
  url: string,
  checks: readonly DatabaseCheck[],
): Promise<readonly NumberQuery[]> {
  await using target = openBenchTarget(url)
  const scope = await target.database.transaction(10_000, async (reader): Promise<ScopeOptions> => {
    return { names: await target.names(reader), asOf: reader.now, policy: defaultPolicy, canaries: [] }
  })
  return checks.flatMap(inItsOwnStatement).flatMap((check, n) => {
    const statement = statementOf(check, scope)
    if (statement === undefined) return []
    const text = `select coalesce((select * from (${written(statement)}) as n)::float8, 'NaN') as value`
    return [{ name: `${check.id.replace('.', '_')}_${n}`, text }]
  })
}

function statementOf(check: DatabaseCheck, scope: ScopeOptions): Sql | undefined {
  const [unit] = planUnits([check])
  if (unit?.kind === 'scan') {
    const { statement, isEmpty } = sharedSelect(unit.checks, scanScope(scope, unit.table))
    return isEmpty ? undefined : statement
  }
  if (check.kind !== 'query') return undefined
  const measured = check.measure?.(queryScope(scope))
  if (measured !== undefined) return measured
  const offenders = check.offenders?.(queryScope(scope))
  return offenders === undefined ? undefined : sql`select count(*) from (${offenders}) as o`
}

/** The statement with its parameters written into it. */
function written({ text, values }: Sql): string {
  return text.replace(/\$(\d+)/g, (_, position: string) => {
    const value: unknown = values[Number(position) - 1]
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
    throw new Error(`a parameter of type ${typeof value} cannot be written as a literal`)
  })
}
