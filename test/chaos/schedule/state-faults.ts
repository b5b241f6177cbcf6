import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { OwnServer } from '../../commands/own-server.ts'
import { everyShows, type Fault, type Injected } from './fault.ts'
import { STATE_NAME, type World } from './world.ts'

/** Two answers must be late; what only refuses to store is found by the next result. */
const WITHIN_MS = 15_000
/** There and back it is more than a worker waits for. */
const SLOW_MS = 1_300
const END_SESSIONS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = '${STATE_NAME}' and pid <> pg_backend_pid()`
/** Bytes of a file of PostgreSQL's log, unless a cluster is made otherwise. */
const SEGMENT = 16 * 1024 * 1024
/** Bytes that may be left of the last one: a page, which a result or two fill. */
const LEFT = 8 * 1024
const TRIES = 5

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

/**
 * Writes the file of the log that is in use nearly full and takes away those that lie ready, as a day of work would: on a
 * full disk PostgreSQL goes on for as long as they last.
 */
async function useUpLog({ query }: OwnServer): Promise<void> {
  const position = 'pg_walfile_name_offset(pg_current_wal_insert_lsn()) as at'
  // Each page of 8192 bytes begins with 24 of its own, and the message has a head, too.
  const message = `repeat('x', greatest(0, (${SEGMENT} - at.file_offset) / 8192 * 8168 - 512))`
  await query('postgres', 'checkpoint')
  for (let left = TRIES; left > 0; left -= 1) {
    await query('postgres', `select pg_logical_emit_message(false, 'chaos', ${message}) from ${position}`)
    const [now] = await query(
      'postgres',
      `select at.*, current_setting('data_directory') as data from ${position}`,
    )
    // Others write, too, and may have begun the next file.
    if (SEGMENT - Number(now?.file_offset) > LEFT) continue
    const folder = join(String(now?.data), 'pg_wal')
    const ready = (await readdir(folder)).filter(
      (name) => /^[\dA-F]{24}$/.test(name) && name > String(now?.file_name),
    )
    await Promise.all(ready.map((name) => rm(join(folder, name))))
    return
  }
  throw new Error('the log could not be used up')
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
      await useUpLog(state)
      await disk?.fill()
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
