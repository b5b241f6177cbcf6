import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { DatabaseError } from './errors.ts'

/**
 * Seconds. While a standby receives the primary's log and has replayed all of it, it is current, however long ago the
 * last commit was; else it is as old as the last commit that it replayed. A receiver whose primary is silent is ended by
 * PostgreSQL itself (`wal_receiver_timeout`, one minute). Everybody may see that there is one.
 */
const LAG = `
  select case when exists (select from pg_stat_wal_receiver where pid is not null)
               and pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
              else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end::float8 as lag`

/**
 * How far the standby that a transaction reads is behind its primary, in milliseconds. Undefined where it cannot be told:
 * some providers replicate by other means and refuse these functions, and a standby that has just started may have
 * replayed no commit yet.
 */
async function replayLagMs(client: pg.ClientBase): Promise<number | undefined> {
  await client.query('savepoint lag')
  try {
    const { rows } = await client.query<{ lag: number | null }>(LAG)
    const lag = rows[0]?.lag
    return typeof lag === 'number' ? lag * 1_000 : undefined
  } catch {
    await client.query('rollback to savepoint lag')
    return undefined
  }
}

/** Between receiving and replaying, a standby that is current looks as old as the last commit for a moment. */
const MOMENT_MS = 100

/** Throws DatabaseError when a transaction on a standby would read what is older than the limit, in milliseconds. */
export async function mustBeCurrent(client: pg.ClientBase, limitMs: number): Promise<void> {
  const isBehind = (lag: number | undefined): lag is number => lag !== undefined && lag > limitMs
  if (!isBehind(await replayLagMs(client))) return
  await sleep(MOMENT_MS)
  const lag = await replayLagMs(client)
  if (isBehind(lag)) throw behind(lag)
}

function behind(lagMs: number): DatabaseError {
  const seconds = Math.round(lagMs / 1_000)
  return new DatabaseError('ERR_REPLAY_LAG', `the standby is ${seconds} s behind its primary`)
}
