import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'

/** What a server has spent since it was started, on connections that have ended since. */
export interface ServerCost {
  /** Pages of tables and indexes, of 8 KiB, that were looked at. */
  readonly pages: number
  /** Processor time of the connections and their parallel workers. NaN where the system does not tell. */
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

export async function serverCost(url: string): Promise<ServerCost> {
  const pages = `select sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0))
                   from pg_statio_user_tables`
  const directory = await ask(url, 'show data_directory')
  const cpuSeconds = await cpuOfEndedChildren(directory).catch(() => Number.NaN)
  return { pages: Number(await ask(url, pages)), cpuSeconds }
}

/** Of the server's processes those that have ended; those of the worker's connections do when they are closed. */
async function cpuOfEndedChildren(dataDirectory: string): Promise<number> {
  const lock = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')
  const stat = await readFile(`/proc/${Number.parseInt(lock, 10)}/stat`, 'utf8')
  // proc(5): the fields after the name in parentheses; cutime and cstime are the 16th and 17th of the line.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
}
