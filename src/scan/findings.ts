import type { Finding } from '../catalogue/result.ts'
import type { Reader, Row } from '../database/connect.ts'
import { identifier, join, type Sql, sql } from '../database/sql.ts'

/** Findings kept for one failed check. The full number is in its values. */
export const MAX_FINDINGS = 20
/** Characters kept of one detail: names and slugs are the application's users' to choose. */
const MAX_DETAIL = 120

/**
 * Wraps a relation of offenders so that every column comes as text of bounded length and the order, and so the
 * sample, is the same on every run.
 */
function sample(offenders: Sql, show: readonly string[]): Sql {
  return sql`select ${shown(show)} from (${offenders}) as o order by 1 limit ${MAX_FINDINGS}`
}

function shown(show: readonly string[]): Sql {
  const columns = show.map(
    (name) => sql`left(o.${identifier(name)}::text, ${MAX_DETAIL}) as ${identifier(name)}`,
  )
  return join(columns, ', ')
}

/** The rows that offend and how they are shown; nothing of a check that only measures. */
export interface OffenderList {
  readonly offenders: Sql | undefined
  readonly show: readonly string[] | undefined
}

/** Those of the offenders that have one of these keys. Unlike a sample they are counted, so a failure is thrown. */
export async function waivedFindings(
  reader: Reader,
  { offenders, show }: OffenderList,
  keys: readonly string[],
): Promise<readonly Finding[]> {
  if (offenders === undefined || show === undefined) return []
  const rows = await reader.query(sql`
    select ${shown(show)} from (${offenders}) as o where o."id"::text = any(${[...keys]}::text[])
    order by 1 limit ${keys.length}`)
  return rows.map(toFinding)
}

/** A row of `sample` as a finding; its id is the key. */
function toFinding(row: Row): Finding {
  const { id, ...rest } = row
  const detail = Object.entries(rest).map(
    ([name, value]) => [name, value === null ? null : String(value)] as const,
  )
  return { key: String(id), detail: Object.fromEntries(detail) }
}

/**
 * A lister that shares one transaction. A sample is worth less than the verdict it belongs to: one that fails or
 * takes too long is left out, and the count stands alone.
 */
export function listFindings(reader: Reader) {
  return async (
    offenders: Sql | undefined,
    show: readonly string[] | undefined,
  ): Promise<readonly Finding[]> => {
    if (offenders === undefined || show === undefined) return []
    const rows = await reader.attempt(sample(offenders, show))
    return (rows ?? []).map(toFinding)
  }
}
