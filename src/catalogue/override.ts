import { type Check, conditionsOf } from './check.ts'
import type { Clause, Condition } from './condition.ts'
import type { Duration } from './duration.ts'

/** What a deployment may change about one check. */
export interface CheckOverride {
  readonly enabled: boolean
  readonly every?: Duration | undefined
  readonly timeout?: Duration | undefined
  /** By metric, or by `severity.metric` where several conditions compare one metric. */
  readonly thresholds?: Readonly<Record<string, number>> | undefined
}

export interface OverrideProblem {
  readonly path: readonly string[]
  readonly message: string
}

/** The checks as this deployment wants them, and what is wrong with its wishes. */
export function overrideChecks(
  catalogue: readonly Check[],
  overrides: Readonly<Record<string, CheckOverride>>,
): { readonly checks: readonly Check[]; readonly problems: readonly OverrideProblem[] } {
  const known = new Map<string, Check>(catalogue.map((check) => [check.id, check]))
  const problems = Object.entries(overrides).flatMap(([id, override]): readonly OverrideProblem[] => {
    const check = known.get(id)
    if (check === undefined)
      return [{ path: ['checks', id], message: 'no such check; `authwatch list` shows them' }]
    return thresholdProblems(check, override)
  })
  const checks = catalogue
    .filter(({ id }) => overrides[id]?.enabled !== false)
    .map((check) => withOverride(check, overrides[check.id]))
  return { checks, problems }
}

function thresholdProblems(check: Check, { thresholds = {} }: CheckOverride): readonly OverrideProblem[] {
  return Object.keys(thresholds).flatMap((key) => {
    const path = ['checks', check.id, 'thresholds', key]
    const matching = conditionsOf(check).flatMap(({ severity, when }) =>
      when.filter((clause) => names(key, severity, clause)),
    )
    if (matching.length === 0)
      return [{ path, message: `the check compares no such number; it compares ${compared(check)}` }]
    if (matching.length === 1) return []
    return [
      {
        path,
        message: 'several conditions compare it; write it with its severity, such as critical.offenders',
      },
    ]
  })
}

function compared(check: Check): string {
  const all = conditionsOf(check).flatMap(({ severity, when }) =>
    when.map(({ metric }) => `${severity}.${metric}`),
  )
  return all.length === 0 ? 'none' : all.join(', ')
}

const names = (key: string, severity: string, { metric }: Clause): boolean =>
  key === metric || key === `${severity}.${metric}`

function withOverride(check: Check, override: CheckOverride | undefined): Check {
  if (override === undefined) return check
  const { every = check.every, timeout = check.timeout, thresholds = {} } = override
  const [first, ...rest] = conditionsOf(check).map((condition) => withThresholds(condition, thresholds))
  const alerts = first === undefined ? check.alerts : ([first, ...rest] as const)
  // Spreading a member of the union keeps its kind, which the compiler cannot follow through the alerts' metrics.
  return { ...check, every, timeout, alerts } as Check
}

function withThresholds(condition: Condition, thresholds: Readonly<Record<string, number>>): Condition {
  const clause = (each: Clause): Clause => {
    const threshold =
      thresholds[`${condition.severity}.${each.metric}`] ?? thresholds[each.metric] ?? each.threshold
    return { ...each, threshold }
  }
  const [first, ...rest] = condition.when
  return { ...condition, when: [clause(first), ...rest.map(clause)] }
}
