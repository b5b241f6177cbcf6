import type { DatabaseCheck } from '../../src/catalogue/check.ts'
import { defaultPolicy, type Policy } from '../../src/catalogue/policy.ts'
import type { Verdict } from '../../src/catalogue/result.ts'
import { openTarget } from '../../src/run/open-target.ts'
import { runUnit } from '../../src/run/run-unit.ts'
import { planUnits } from '../../src/scan/plan.ts'

export interface CheckRun {
  /** Stands in for the database's clock. */
  readonly asOf?: Date
  readonly policy?: Partial<Policy>
  readonly canaries?: readonly string[]
}

/** Runs one check, alone, on a real database, exactly as the worker does. */
export async function runCheck(
  check: DatabaseCheck,
  database: { readonly url: string },
  run: CheckRun = {},
): Promise<Verdict> {
  await using opened = openTarget({
    name: 'test',
    url: database.url,
    policy: { ...defaultPolicy, ...run.policy },
    overrides: {},
    clock: Date.now,
  })
  const target = { ...opened, canaries: async () => run.canaries ?? [] }
  const [unit] = planUnits([check])
  const asOf = run.asOf === undefined ? {} : { asOf: run.asOf }
  const [result] = await runUnit(unit!, { target, clock: Date.now, ...asOf })
  return result!.verdict
}

/** The verdict's numbers; fails the test, with the reason, when nothing could be measured. */
export function valuesOf(verdict: Verdict): Readonly<Record<string, number | null>> {
  if (verdict.state === 'pass' || verdict.state === 'fail') return verdict.values
  throw new Error(
    verdict.state === 'error' ? `${verdict.code}: ${verdict.message}` : `skipped: ${verdict.reason}`,
  )
}
