import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { freePort } from '../src/embedded/free-port.ts'
import { binaryOrSkip } from '../test/support/binaries.ts'
import { commandOutput } from '../test/support/command-output.ts'
import { startServerProcess } from '../test/support/server-process.ts'
import type { NumberQuery } from './numbers.ts'
import type { Timing } from './variants.ts'

/** The package prometheus-sql-exporter of the distribution, given the same numbers to collect. */
export interface SqlExporter {
  readonly version: string
  readonly queries: number
  /** One collection by so many jobs, from the start of the program until a scrape shows every number. */
  collect(jobs: number): Promise<Timing>
}

const POLL_MS = 50
const COLLECT_TIMEOUT_MS = 900_000

/** A job has a connection, on which its queries run one after another. */
function configuration(url: string, queries: readonly NumberQuery[], count: number): string {
  const jobs = Array.from({ length: count }, (_, job) => ({
    name: `job_${job}`,
    // Longer than the benchmark, so that each collection is the one that its start brings about.
    interval: '10h',
    // Its driver knows no other spelling of the scheme.
    connections: [`${url.replace(/^postgresql:/, 'postgres:')}?sslmode=disable`],
    queries: queries
      .filter((_query, n) => n % count === job)
      .map(({ name, text }) => ({ name, help: name, values: ['value'], query: text })),
  }))
  return stringify({ jobs }, { lineWidth: 0 })
}

/** Undefined, and a word on standard error, where the program cannot be had. */
export async function sqlExporter(
  url: string,
  queries: readonly NumberQuery[],
): Promise<SqlExporter | undefined> {
  const found = await binaryOrSkip('sql-exporter')
  if ('skip' in found) return undefined
  const policy = await commandOutput({
    command: 'apt-cache',
    args: ['policy', 'prometheus-sql-exporter'],
    timeoutMs: 20_000,
  })
  const version = /Candidate: (\S+)/.exec(policy.output)?.[1] ?? 'of an unknown version'
  return {
    version: `Debian's prometheus-sql-exporter ${version}`,
    queries: queries.length,
    collect: (jobs) => collect(found.path, configuration(url, queries, jobs), queries),
  }
}

async function collect(command: string, config: string, queries: readonly NumberQuery[]): Promise<Timing> {
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-sql-exporter-'))
  try {
    const file = join(directory, 'config.yml')
    await writeFile(file, config, { mode: 0o600 })
    const address = `127.0.0.1:${await freePort()}`
    const scrape = async () => {
      const answer = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(5_000) })
      return await answer.text()
    }
    const startedAt = performance.now()
    await using _server = await startServerProcess({
      command,
      args: ['-config.file', file, '-web.listen-address', address],
      ready: async () => (await scrape()).length > 0,
    })
    for (;;) {
      const outcomes = outcomesIn(await scrape())
      if (outcomes.size >= queries.length) {
        const failures = new Map(
          [...outcomes].filter(([, failed]) => failed).map(([name]) => [name, 'it failed']),
        )
        return { milliseconds: performance.now() - startedAt, results: [], failures }
      }
      if (performance.now() - startedAt > COLLECT_TIMEOUT_MS) throw new Error('the exporter did not end')
      await sleep(POLL_MS)
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Whether each query that has ended failed, by name. */
function outcomesIn(exposition: string): ReadonlyMap<string, boolean> {
  const lines = exposition.matchAll(/^sql_exporter_last_scrape_failed\{.*?\bquery="([^"]+)".*?\} (\S+)$/gm)
  return new Map([...lines].map(([, name = '', value]) => [name, value !== '0']))
}
