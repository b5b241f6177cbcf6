import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { groupBy } from '../src/catalogue/group-by.ts'
import type { Result } from '../src/catalogue/result.ts'
import { checks } from '../src/checks/index.ts'
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts'
import type { Target } from '../src/run/target.ts'
import { planUnits } from '../src/scan/plan.ts'
import { camelCase } from '../test/support/schemas/camel-case.ts'
import { fillApplication, sizeOf } from './application.ts'
import { measureImpact } from './impact.ts'
import { numberQueries } from './numbers.ts'
import { type Environment, type Measured, median, report, type UnitTime } from './report.ts'
import { ask, type ServerCost, serverCost } from './server-cost.ts'
import { sqlExporter } from './sql-exporter.ts'
import { openBenchTarget, timed, type Variant, variantsOf } from './variants.ts'
import { writeSection } from './write-section.ts'

const USAGE = `npm run bench -- [--scale 1] [--rounds 3] [--write]
  --scale   share of the full size; also BENCH_SCALE. At 1 it takes about 20 minutes and 12 GB of disk.
  --rounds  how often each variant is measured
  --write   puts the result into docs/benchmarks.md`

/** A managed server with 8 GiB: a quarter for its buffers, and PostgreSQL's own defaults for the rest. */
const SETTINGS = {
  shared_buffers: '2GB',
  effective_cache_size: '6GB',
  max_wal_size: '16GB',
  // What the load writes need not be written twice.
  wal_level: 'minimal',
  max_wal_senders: '0',
  // Nothing changes while it is measured, and what runs beside it would be counted.
  autovacuum: 'off',
}
/** A look at the impact: so many seconds of each circumstance, so many times. */
const BLOCK = { blocks: 3, seconds: 25 }

interface Rounds {
  readonly variant: Variant
  readonly times: number[]
  readonly costs: ServerCost[]
  readonly errors: Map<string, string>
  last: readonly Result[]
}

async function runOnce(url: string, each: Rounds, isCounted: boolean): Promise<void> {
  const before = await serverCost(url)
  const { milliseconds, results, failures } = await each.variant.run()
  const after = await serverCost(url)
  process.stderr.write(`  ${each.variant.name} ${Math.round(milliseconds)} ms\n`)
  each.last = results
  for (const [name, reason] of failures) each.errors.set(name, reason)
  if (!isCounted) return
  each.times.push(milliseconds)
  each.costs.push({ pages: after.pages - before.pages, cpuSeconds: after.cpuSeconds - before.cpuSeconds })
}

async function measure(
  url: string,
  variants: readonly Variant[],
  rounds: number,
): Promise<readonly Measured[]> {
  const all = variants.map(
    (variant): Rounds => ({ variant, times: [], costs: [], errors: new Map(), last: [] }),
  )
  // The first to run would find the caches cold.
  process.stderr.write('warming up\n')
  if (all[0] !== undefined) await runOnce(url, all[0], false)
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}\n`)
    // Each round begins with another variant, so that none always follows the same one.
    const due = all.filter(({ variant }) => round === 1 || variant.once !== true)
    const first = round % due.length
    for (const each of [...due.slice(first), ...due.slice(0, first)]) await runOnce(url, each, true)
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
async function measureUnits(url: string, target: Target): Promise<readonly UnitTime[]> {
  const times: UnitTime[] = []
  for (const unit of planUnits(checks)) {
    const before = await serverCost(url)
    const { milliseconds } = await timed(target, [unit])
    const after = await serverCost(url)
    const cpuSeconds = after.cpuSeconds - before.cpuSeconds
    times.push({
      unit: unit.id,
      every: unit.every,
      milliseconds,
      cpuSeconds,
      pages: after.pages - before.pages,
    })
  }
  return times.toSorted((a, b) => b.milliseconds - a.milliseconds)
}

async function environmentOf(
  url: string,
  { scale, rounds, load }: { readonly scale: number; readonly rounds: number; readonly load: number },
): Promise<Environment> {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor'
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores (${model}), ${gigabytes} GiB, load average ${load.toFixed(1)} when the tables were filled`,
    versions: `PostgreSQL ${await ask(url, 'show server_version')}, Node ${process.versions.node}`,
    size: sizeOf(scale),
    bytes: await ask(url, 'select pg_size_pretty(pg_database_size(current_database()))'),
    rounds,
  }
}

function options(): { readonly scale: number; readonly rounds: number; readonly write: boolean } {
  const { values } = parseArgs({
    options: {
      scale: { type: 'string', default: process.env.BENCH_SCALE ?? '1' },
      rounds: { type: 'string', default: '3' },
      write: { type: 'boolean', default: false },
    },
  })
  const [scale, rounds] = [Number(values.scale), Number(values.rounds)]
  if (!(scale > 0 && scale <= 2) || !Number.isInteger(rounds) || rounds < 1) throw new Error(USAGE)
  return { scale, rounds, write: values.write }
}

async function main(): Promise<void> {
  const { scale, rounds, write } = options()
  const size = sizeOf(scale)
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
    await fillApplication(url, size)
    const exporter = await sqlExporter(url, await numberQueries(url, checks))
    const load = loadavg()[0] ?? Number.NaN
    await using target = openBenchTarget(url)
    const measured = await measure(url, variantsOf({ url, target, checks, exporter }), rounds)
    process.stderr.write('each unit alone\n')
    const units = await measureUnits(url, target)
    process.stderr.write('beside an application\n')
    const impact = await measureImpact({ url, size, ...BLOCK })
    const environment = await environmentOf(url, { scale, rounds, load })
    const text = report({ environment, measured, units, impact })
    process.stdout.write(text)
    if (write) await writeSection('cycle', text)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
