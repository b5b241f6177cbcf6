import { readFile } from 'node:fs/promises'

/** What a process has used since its start. */
export interface ProcessUse {
  readonly cpuSeconds: number
  readonly rssBytes: number
}

/** The unit of /proc/…/stat: `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux of today. */
const TICKS_PER_SECOND = 100

/** Of a process on this machine, of all its threads. Linux only. */
export async function processUse(pid: number): Promise<ProcessUse> {
  const [stat, status] = await Promise.all(
    ['stat', 'status'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
  )
  // proc(5): what follows the name in parentheses begins with the third field; the times are the 14th and the 15th.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  const ticks = Number(fields[14 - 3]) + Number(fields[15 - 3])
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  return { cpuSeconds: ticks / TICKS_PER_SECOND, rssBytes: Number(kilobytes) * 1_024 }
}
