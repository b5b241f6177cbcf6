import type { CheckId } from '../../src/catalogue/naming.ts'
import type { StoredResult, StoredVerdict } from '../../src/results/stored-result.ts'

/** A stored result that is right but for what the test is about. */
export function stored(result: {
  readonly check: CheckId
  readonly target?: string
  readonly startedAt: number
  readonly verdict: StoredVerdict
  readonly lastSuccessAt?: number | null
}): StoredResult {
  return {
    target: 'crm',
    durationMs: 250,
    stateSince: result.startedAt - 60_000,
    lastSuccessAt: result.startedAt,
    runs: { pass: 5, fail: 2, error: 1, skipped: 0 },
    ...result,
  }
}

export const passed: StoredVerdict = { state: 'pass', values: { offenders: 0 } }

export const errored: StoredVerdict = {
  state: 'error',
  code: 'ERR_TIMEOUT',
  message: 'The statement took too long.',
}
