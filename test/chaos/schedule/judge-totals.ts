import { setTimeout as sleep } from 'node:timers/promises'
import type { Diary } from './diary.ts'
import type { Look } from './look.ts'
import type { RunTable } from './runs.ts'

const WITHIN_MS = 12_000
const POLL_MS = 1_000
const MOST_TOLD = 4

/** Every worker's counters of runs are the rows of the run table, to the unit, as soon as nothing is under way. */
export async function judgeTotals(options: {
  readonly newest: () => readonly Look[]
  readonly table: Pick<RunTable, 'read' | 'all'>
  readonly diary: Pick<Diary, 'complain'>
  readonly withinMs?: number
}): Promise<void> {
  const { newest, table, diary, withinMs = WITHIN_MS } = options
  const deadline = Date.now() + withinMs
  for (;;) {
    // Without its rows the totals of the state database differ, or it was complained about already.
    await table.read().catch(() => {})
    const differences = differing(newest(), table)
    if (differences.length === 0) return
    if (Date.now() >= deadline) {
      const text = differences.slice(0, MOST_TOLD).join('; ')
      return diary.complain('a counter is wrong', `${differences.length} totals are not the rows: ${text}`)
    }
    await sleep(POLL_MS)
  }
}

function differing(looks: readonly Look[], table: Pick<RunTable, 'all'>): readonly string[] {
  const rows = new Map<string, number>()
  for (const { check, target, state } of table.all()) {
    const key = `${check} on ${target}, ${state}`
    rows.set(key, (rows.get(key) ?? 0) + 1)
  }
  return looks.flatMap(({ slot, seen }) => {
    const samples = seen?.families.get('authwatch_check_runs_total')?.samples ?? []
    return samples.flatMap(({ labels: { check, target, outcome }, value }) => {
      const key = `${check} on ${target}, ${outcome}`
      const stored = rows.get(key) ?? 0
      return stored === value ? [] : [`${key}: ${value} at ${slot.name}, ${stored} rows`]
    })
  })
}
