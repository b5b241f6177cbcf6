import type { DatabaseCheck } from '../../src/catalogue/check.ts'
import type { CheckId } from '../../src/catalogue/naming.ts'
import { defaultPolicy, type Policy } from '../../src/catalogue/policy.ts'
import type { Result, Verdict } from '../../src/catalogue/result.ts'
import type { NameOverrides, Names } from '../../src/database/names.ts'
import { openTarget } from '../../src/run/open-target.ts'
import { runUnit } from '../../src/run/run-unit.ts'
import type { Target } from '../../src/run/target.ts'
import { planUnits } from '../../src/scan/plan.ts'

export interface WatchOptions {
  readonly policy?: Partial<Policy>
  readonly overrides?: NameOverrides
  /** Stands in for the database's clock. */
  readonly asOf?: Date
  readonly clock?: () => number
  readonly connections?: number
}

/** One database under watch for as long as a test lasts, as a worker has it. */
export interface Watch extends AsyncDisposable {
  readonly target: Target
  /** Plans these checks and runs all units at once, as at a tick that they share. */
  results(checks: readonly DatabaseCheck[]): Promise<readonly Result[]>
  verdicts(checks: readonly DatabaseCheck[]): Promise<ReadonlyMap<CheckId, Verdict>>
  verdict(check: DatabaseCheck): Promise<Verdict>
  names(): Promise<Names>
}

export function watch(url: string, options: WatchOptions = {}): Watch {
  const clock = options.clock ?? Date.now
  const policy = { ...defaultPolicy, ...options.policy }
  const connections = options.connections === undefined ? {} : { connections: options.connections }
  const overrides = options.overrides ?? {}
  const target = openTarget({ name: 'test', url, policy, overrides, clock, ...connections })
  return watching(target, options)
}

/** {@link watch} for a target that the caller made; disposing closes its database. */
export function watching(target: Target, options: Pick<WatchOptions, 'asOf' | 'clock'> = {}): Watch {
  const asOf = options.asOf === undefined ? {} : { asOf: options.asOf }
  const run = { target, clock: options.clock ?? Date.now, ...asOf }
  const results = async (checks: readonly DatabaseCheck[]) =>
    (await Promise.all(planUnits(checks).map((unit) => runUnit(unit, run)))).flat()
  const verdicts = async (checks: readonly DatabaseCheck[]) =>
    new Map((await results(checks)).map(({ check, verdict }) => [check, verdict]))
  return {
    target,
    results,
    verdicts,
    verdict: async (check) => (await results([check]))[0]!.verdict,
    names: () => target.database.transaction(5_000, (reader) => target.names(reader)),
    [Symbol.asyncDispose]: () => target.database[Symbol.asyncDispose](),
  }
}

/** What a verdict came to, in one word: its state, or the code of its error. */
export function outcome(verdict: Verdict): string {
  return verdict.state === 'error' ? verdict.code : verdict.state
}

/** {@link outcome} of each check, by id. */
export function outcomes(verdicts: ReadonlyMap<CheckId, Verdict>): Readonly<Record<string, string>> {
  return Object.fromEntries([...verdicts].map(([id, verdict]) => [id, outcome(verdict)]))
}
