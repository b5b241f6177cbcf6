import { everyShows, type Fault, type Injected } from './fault.ts'
import { STATE_NAME, type World } from './world.ts'

/** Two answers must be late; what only refuses to store is found by the next result. */
const WITHIN_MS = 15_000
/** There and back it is more than a worker waits for. */
const SLOW_MS = 1_300
const END_SESSIONS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = '${STATE_NAME}' and pid <> pg_backend_pid()`
/** Segments that may lie ready. */
const MOST_SEGMENTS = 8

const stateDown = everyShows('authwatch_state_up', 0)

function fault(
  name: string,
  begin: (world: World) => Promise<() => Promise<void>>,
  missing?: Fault['missing'],
): Fault {
  return {
    ...{ name, family: 'state', metric: 'authwatch_state_up 0', withinMs: WITHIN_MS, parts: true },
    ...(missing === undefined ? {} : { missing }),
    begin: async (world): Promise<Injected> => ({ shows: stateDown, end: await begin(world) }),
  }
}

export const stateFaults: readonly Fault[] = [
  fault('state database stopped', async ({ state }) => {
    await state.stop()
    return () => state.start()
  }),
  fault('state database hangs', async ({ state }) => {
    await state.pause()
    return async () => state.resume()
  }),
  fault('state database slow', async ({ state: { route } }) => {
    route.slow(SLOW_MS)
    return async () => route.slow(0)
  }),
  fault('state database takes nothing (default_transaction_read_only)', async ({ state }) => {
    await state.query('postgres', `alter database ${STATE_NAME} set default_transaction_read_only = on`)
    await state.query('postgres', END_SESSIONS)
    return async () => {
      await state.query('postgres', `alter database ${STATE_NAME} reset default_transaction_read_only`)
      await state.query('postgres', END_SESSIONS)
    }
  }),
  fault(
    'disk of the state database full',
    async ({ state, disk }) => {
      await disk?.fill()
      // What lies ready of the log is used up, as a day of work would.
      for (let left = MOST_SEGMENTS; left > 0; left -= 1) {
        const taken = await state
          .query('postgres', 'select pg_switch_wal(), pg_logical_emit_message(false, $$chaos$$, $$full$$)')
          .catch(() => undefined)
        if (taken === undefined) break
      }
      return async () => {
        await disk?.clear()
        // The server has ended itself, or is about to.
        await state.stop()
        await state.start()
      }
    },
    ({ disk }) => (disk === undefined ? 'no small disk could be mounted, which takes root' : undefined),
  ),
]
