import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** What a server has spent since it was started. */
export interface ServerCost {
  /** Pages of tables and indexes, of 8 KiB, that connections looked at which are closed by now. */
  readonly pages: number
  /** Processor time of all its processes. NaN where the system does not tell. */
  readonly cpuSeconds: number
}

/** The unit of /proc/…/stat: `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux of today. */
const TICKS_PER_SECOND = 100

/** The first column of the first row, as text. */
export async function ask(url: string, text: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, query_timeout: 60_000 })
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' })
    return String(rows[0]?.[0])
  } finally {
    await client.end()
  }
}

/** A process that ends while the others are counted would be missed; those of connections just closed end by then. */
const SETTLE_MS = 500

export async function serverCost(url: string): Promise<ServerCost> {
  await sleep(SETTLE_MS)
  const pages = `select sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0))
                   from pg_statio_user_tables`
  const lock = await readFile(join(await ask(url, 'show data_directory'), 'postmaster.pid'), 'utf8')
  const cpuSeconds = await cpuOfServer(Number.parseInt(lock, 10)).catch(() => Number.NaN)
  return { pages: Number(await ask(url, pages)), cpuSeconds }
}

/**
 * Of all processes that the server has started: those that live, and those that have ended, whose time their parent
 * inherits. A connection that was closed is one or the other, however long it takes to end.
 */
async function cpuOfServer(pid: number): Promise<number> {
  const { inherited } = await processTimes(pid)
  const others = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const times = await Promise.all(others.map((other) => processTimes(other).catch(() => undefined)))
  const own = times.map((time) => (time?.parent === pid ? time.own : 0))
  return own.reduce((sum, ticks) => sum + ticks, inherited) / TICKS_PER_SECOND
}

/** proc(5): what follows the name in parentheses begins with the third field; the times are the 14th to the 17th. */
async function processTimes(pid: number) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const field = (position: number): number => Number(fields[position - 3])
  return { parent: field(4), own: field(14) + field(15), inherited: field(16) + field(17) }
}
