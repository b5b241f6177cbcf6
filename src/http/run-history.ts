import type { CheckId } from '../catalogue/naming.ts'
import type { StoredRun } from '../results/recent-runs.ts'
import type { StoredResult } from '../results/stored-result.ts'

/** Enough to see a trend beside a number; the full history is in the state database and in Prometheus. */
export const RUNS_KEPT = 40

export interface Place {
  readonly check: CheckId
  readonly target: string
}

/** How one run ended. */
export type PastRun = Omit<StoredRun, keyof Place>

/** The last {@link RUNS_KEPT} runs of each check on each target, in memory, as far as this worker learned of them. */
export interface RunHistory {
  /** Takes in the latest results; those it knows already change nothing. */
  learn(results: readonly StoredResult[]): void
  /** Takes in runs from before; they may overlap with what is known. */
  recall(runs: readonly StoredRun[]): void
  /** Oldest first. */
  of(place: Place): readonly PastRun[]
}

export function runHistory(): RunHistory {
  const runs = new Map<string, readonly PastRun[]>()
  const known = ({ check, target }: Place): readonly PastRun[] => runs.get(`${target}/${check}`) ?? []
  const keep = (place: Place, all: readonly PastRun[]): void => {
    runs.set(`${place.target}/${place.check}`, all.slice(-RUNS_KEPT))
  }
  const add = (place: Place, run: PastRun): void => {
    const before = known(place)
    const last = before.at(-1)
    if (last === undefined || last.at < run.at) keep(place, [...before, run])
    else if (!before.some(({ at }) => at === run.at)) keep(place, inserted(before, run))
  }
  return {
    learn: (results) => {
      for (const result of results) add(result, pastRun(result))
    },
    recall: (past) => {
      for (const { check, target, ...run } of past) add({ check, target }, run)
    },
    of: known,
  }
}

function pastRun({ startedAt, verdict }: StoredResult): PastRun {
  const offenders = 'values' in verdict ? (verdict.values.offenders ?? null) : null
  return { at: startedAt, state: verdict.state, offenders }
}

function inserted(runs: readonly PastRun[], run: PastRun): readonly PastRun[] {
  return [...runs, run].toSorted((a, b) => a.at - b.at)
}
