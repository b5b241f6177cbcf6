import type { CheckId } from '../catalogue/naming.ts'
import type { Finding, Verdict } from '../catalogue/result.ts'
import type { Reader } from '../database/connect.ts'
import { type Sql, sql } from '../database/sql.ts'
import { type OffenderList, waivedFindings } from '../scan/findings.ts'
import { plainFinding } from './verdict.ts'

/** Keys of a check's offenders that somebody waived, at this moment and on the target of the run. */
export type WaivedKeys = (check: CheckId) => readonly string[]

/** The offenders without those that are waived. */
export function withoutWaived(offenders: Sql, waived: readonly string[]): Sql {
  if (waived.length === 0) return offenders
  return sql`select * from (${offenders}) as o where o."id"::text <> all(${[...waived]}::text[])`
}

/** A verdict on what is not waived, with what is: it must be told apart from what is mended. */
export function noteWaived(verdict: Verdict, waived: readonly Finding[] | undefined): Verdict {
  if (waived === undefined || !('values' in verdict)) return verdict
  const values = { ...verdict.values, waived: waived.length }
  return { ...verdict, values, waived: waived.map(plainFinding) }
}

/** The waived offenders that still are offenders; undefined when nothing is waived. */
export async function stillOffending(
  reader: Reader,
  list: OffenderList,
  waived: readonly string[],
): Promise<readonly Finding[] | undefined> {
  if (waived.length === 0) return undefined
  return await waivedFindings(reader, list, waived)
}
