import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { groupBy } from '../src/catalogue/group-by.ts'
import type { Result } from '../src/catalogue/result.ts'
import { checks } from '../src/checks/index.ts'
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { planUnits } from '../src/scan/plan.ts'
import { camelCase } from '../test/support/schemas/camel-case.ts'
import { fillApplication, sizeOf } from './application.ts'
import { type Environment, type Measured, median, report, type UnitTime } from './report.ts'
import { ask, type ServerCost, serverCost } from './server-cost.ts'
import { timed, type Variant, variantsOf } from './variants.ts'

const USAGE = `npm run bench -- [--scale 1] [--rounds 5] [--write]
  --scale   share of the full size; also BENCH_SCALE. At 1 it takes about 4 minutes and 3 GB of disk.
  --rounds  how often each variant is measured
  --write   puts the result into docs/benchmarks.md`

/** A small managed server: a quarter of 4 GiB for its buffers, and PostgreSQL's own defaults for the rest. */
const SETTINGS = {
  shared_buffers: '1GB',
  effective_cache_size: '3GB',
  max_wal_size: '8GB',
  maintenance_work_mem: '256MB',
  // Nothing changes while it is measured, and what runs beside it would be counted.
  autovacuum: 'off',
}
const DOCUMENT = new URL('../docs/benchmarks.md', import.meta.url)
const [BEGIN, END] = ['<!-- begin measured -->', '<!-- end measured -->']

interface Rounds {
  readonly variant: Variant
  readonly times: number[]
  readonly costs: ServerCost[]
  readonly errors: Map<string, string>
  last: readonly Result[]
}

async function runOnce(url: string, each: Rounds, isCounted: boolean): Promise<void> {
  const before = await serverCost(url)
  const { milliseconds, results } = await timed(url, each.variant.units)
  const after = await serverCost(url)
  each.last = results
  for (const { check, verdict } of results) {
    if (verdict.state === 'error') each.errors.set(check, `${verdict.code}, ${verdict.message}`)
  }
  if (!isCounted) return
  each.times.push(milliseconds)
  each.costs.push({ pages: after.pages - before.pages, cpuSeconds: after.cpuSeconds - before.cpuSeconds })
}

async function measure(url: string, rounds: number): Promise<readonly Measured[]> {
  const all = variantsOf(checks).map(
    (variant): Rounds => ({ variant, times: [], costs: [], errors: new Map(), last: [] }),
  )
  // One round more than is counted: the first finds the caches cold.
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(round === 0 ? 'warming up\n' : `round ${round} of ${rounds}\n`)
    // Each round begins with another variant, so that none always follows the same one.
    const first = round % all.length
    for (const each of [...all.slice(first), ...all.slice(0, first)]) await runOnce(url, each, round > 0)
  }
  return all.map(({ variant, times, costs, errors, last }) => ({
    variant,
    times,
    cost: {
      pages: Math.round(median(costs.map(({ pages }) => pages))),
      cpuSeconds: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
    },
    states: Object.fromEntries(
      [...groupBy(last, ({ verdict }) => verdict.state)].map(([k, v]) => [k, v.length]),
    ),
    errors: Object.fromEntries(errors),
  }))
}

/** Each unit of the cycle with the server to itself. */
async function measureUnits(url: string, rounds: number): Promise<readonly UnitTime[]> {
  const times: UnitTime[] = []
  for (const unit of planUnits(checks)) {
    const before = await serverCost(url)
    const runs: number[] = []
    for (let n = 0; n < rounds; n += 1) runs.push((await timed(url, [unit])).milliseconds)
    const pages = Math.round(((await serverCost(url)).pages - before.pages) / rounds)
    times.push({ unit: unit.id, every: unit.every, milliseconds: median(runs), pages })
  }
  return times.toSorted((a, b) => b.pages - a.pages)
}

async function environmentOf(
  url: string,
  { scale, rounds, load }: { readonly scale: number; readonly rounds: number; readonly load: number },
): Promise<Environment> {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor'
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores (${model}), ${gigabytes} GiB, load average ${load.toFixed(1)} at the start`,
    versions: `PostgreSQL ${await ask(url, 'show server_version')}, Node ${process.versions.node}`,
    size: sizeOf(scale),
    bytes: await ask(url, 'select pg_size_pretty(pg_database_size(current_database()))'),
    rounds,
  }
}

async function writeDocument(text: string): Promise<void> {
  const document = await readFile(DOCUMENT, 'utf8')
  const [before, rest] = document.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) {
    throw new Error(`docs/benchmarks.md has lost its marks ${BEGIN} and ${END}`)
  }
  await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${text}\n${END}${after}`)
}

function options(): { readonly scale: number; readonly rounds: number; readonly write: boolean } {
  const { values } = parseArgs({
    options: {
      scale: { type: 'string', default: process.env.BENCH_SCALE ?? '1' },
      rounds: { type: 'string', default: '5' },
      write: { type: 'boolean', default: false },
    },
  })
  const [scale, rounds] = [Number(values.scale), Number(values.rounds)]
  if (!(scale > 0 && scale <= 10) || !Number.isInteger(rounds) || rounds < 1) throw new Error(USAGE)
  return { scale, rounds, write: values.write }
}

async function main(): Promise<void> {
  const { scale, rounds, write } = options()
  const load = loadavg()[0] ?? Number.NaN
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-benchmark-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(directory, 0o755)
  try {
    await using server = await startEmbeddedPostgres({
      dataDirectory: join(directory, 'postgres'),
      removeOnStop: true,
      settings: SETTINGS,
    })
    await server.createDatabase('application')
    const url = server.url('application')
    process.stderr.write('filling the tables\n')
    await camelCase.build(url)
    await fillApplication(url, sizeOf(scale))
    const measured = await measure(url, rounds)
    const units = await measureUnits(url, Math.min(rounds, 3))
    const text = report(await environmentOf(url, { scale, rounds, load }), measured, units)
    process.stdout.write(text)
    if (write) await writeDocument(text)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
