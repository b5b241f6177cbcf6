import { type CheckMeta, conditionsOf } from '../catalogue/check.ts'
import { type Values, worst } from '../catalogue/condition.ts'
import { plainText } from '../catalogue/plain-text.ts'
import type { Finding, Verdict } from '../catalogue/result.ts'
import { unexpected } from '../catalogue/unexpected.ts'
import type { Row } from '../database/connect.ts'
import { databaseError } from '../database/errors.ts'
import { NotHere } from '../database/scope.ts'

/** PostgreSQL's numbers come as text where JavaScript's could not hold them. */
export function toValues(row: Row): Values {
  const entries = Object.entries(row).map(
    ([name, value]) => [name, value === null ? null : Number(value)] as const,
  )
  return Object.fromEntries(entries)
}

/** Judges what was measured. `list` is called only when the check fails. */
export async function judge(
  check: CheckMeta,
  values: Values,
  list: () => Promise<readonly Finding[]>,
): Promise<Verdict> {
  const condition = worst(conditionsOf(check), values)
  if (condition === undefined) return { state: 'pass', values }
  const { severity, summary } = condition
  return { state: 'fail', values, severity, summary, findings: (await list()).map(plainFinding) }
}

/**
 * Every finding passes here, so that no page, table or file has to fear what a row or a server calls itself. A row whose
 * id is changed by it is waived by the id as it is shown.
 */
export function plainFinding({ key, detail }: Finding): Finding {
  const plain = Object.entries(detail).map(
    ([name, value]) => [name, value === null ? null : plainText(value)] as const,
  )
  return { key: plainText(key), detail: Object.fromEntries(plain) }
}

/** What a run that ended in an exception came to. */
export function failed(cause: unknown): Verdict {
  if (cause instanceof NotHere) return { state: 'skipped', reason: cause.message }
  const error = databaseError(cause)
  const { code, message } = error
  const trace = code === 'ERR_INTERNAL' ? { trace: unexpected(error.cause ?? cause) } : {}
  return { state: 'error', code, message: plainText(message), ...trace }
}
