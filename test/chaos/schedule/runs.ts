import { setTimeout as sleep } from 'node:timers/promises'
import { STATE_NAME, type World } from './world.ts'

const POLL_MS = 5_000
const RUNS = `select target, check_id, state, worker, duration_ms::float8 as duration,
  (extract(epoch from started_at) * 1000)::float8 as started, (extract(epoch from tick) * 1000)::float8 as tick
  from check_run`

/** A row of the run table; times in milliseconds since the epoch. */
export interface Run {
  readonly check: string
  readonly target: string
  readonly state: string
  readonly worker: string
  readonly startedAt: number
  readonly durationMs: number
  readonly tick: number
}

export interface RunTable extends AsyncDisposable {
  /** Every run there ever was in the table. */
  all(): readonly Run[]
  /** Reads it now. Throws when the state database cannot be asked. */
  read(): Promise<void>
}

/** Reads the table again and again, since it forgets old runs and may be lost. */
export function readRuns({ askState }: Pick<World, 'askState'>): RunTable {
  const runs = new Map<string, Run>()
  const ending = new AbortController()
  const read = async (): Promise<void> => {
    for (const row of await askState(STATE_NAME, RUNS)) {
      const run = {
        ...{ check: String(row.check_id), target: String(row.target), state: String(row.state) },
        ...{ worker: String(row.worker), startedAt: Number(row.started) },
        ...{ durationMs: Number(row.duration), tick: Number(row.tick) },
      }
      runs.set(`${run.target}/${run.check}/${run.startedAt}`, run)
    }
  }
  const reading = (async () => {
    while (!ending.signal.aborted) {
      await read().catch(() => {})
      await sleep(POLL_MS, undefined, { signal: ending.signal }).catch(() => {})
    }
  })()
  return {
    all: () => [...runs.values()],
    read,
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await reading
    },
  }
}
