import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { StateDatabase } from '../results/state-database.ts'

export const INTERVAL_MS = 10_000
const FIRST_RUNS_MS = 60_000
const SETTLE_MS = 2_000

/** The first instant, at least this far away, at which all units without a phase are due. */
export function nextTick(atLeastMs: number): Date {
  return new Date(Math.ceil((Date.now() + atLeastMs) / INTERVAL_MS) * INTERVAL_MS)
}

/**
 * Waits until so many results are stored, and then for the start of the next tick. A worker that has just started runs
 * the tick before as well, and that may still go on at the next, on a machine that is busy.
 */
export async function firstTickAfter(runs: number, state: Pick<StateDatabase, 'query'>): Promise<Date> {
  const deadline = Date.now() + FIRST_RUNS_MS
  for (;;) {
    const [{ done } = { done: 0 }] = await state.query(
      `select count(distinct (target, check_id))::int as done from check_run`,
    )
    if (Number(done) >= runs) break
    if (Date.now() > deadline) throw new Error(`${done} of ${runs} checks had run after ${FIRST_RUNS_MS} ms`)
    await sleep(100)
  }
  const from = nextTick(SETTLE_MS)
  await sleep(from.getTime() - Date.now())
  return from
}

/**
 * Each of the checks ran once on each of the targets for each of so many ticks, by whichever worker. Answers with the
 * seconds after `from` at which the first tick of each check and target was.
 */
export async function expectOneRunPerTick(options: {
  readonly state: Pick<StateDatabase, 'query'>
  readonly from: Date
  readonly ticks: number
  readonly checks: readonly string[]
  readonly targets: readonly string[]
}): Promise<readonly number[]> {
  const { state, from, ticks, checks, targets } = options
  const until = new Date(from.getTime() + ticks * INTERVAL_MS)
  const rows = await state.query(
    `select target, check_id, extract(epoch from tick)::float8 as tick from check_run
      where tick >= '${from.toISOString()}' and tick < '${until.toISOString()}' order by tick`,
  )
  return targets.flatMap((target) =>
    checks.map((check) => {
      const own = rows.filter((row) => row.target === target && row.check_id === check)
      const times = own.map(({ tick }) => Number(tick) - from.getTime() / 1000)
      const [first = Number.NaN] = times
      const expected = Array.from({ length: ticks }, (_, i) => first + (i * INTERVAL_MS) / 1000)
      expect(times, `${check} on ${target}`).toEqual(expected)
      return first
    }),
  )
}
