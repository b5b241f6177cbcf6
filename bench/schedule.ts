import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checks } from '../src/checks/index.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { planUnits } from '../src/scan/plan.ts'
import { startRedis, type TestRedis } from '../test/support/redis.ts'
import { camelCase } from '../test/support/schemas/camel-case.ts'
import { startServe, type TestWorker } from '../test/support/worker.ts'
import { fillApplication, sizeOf } from './application.ts'
import { processUse } from './process-use.ts'
import { redisUse } from './redis-use.ts'
import { type MeasuredSchedule, type Spent, scheduleReport } from './schedule-report.ts'
import { runsBetween } from './schedule-runs.ts'
import { ask, serverCost } from './server-cost.ts'
import { writeSection } from './write-section.ts'

const USAGE = `npx tsx bench/schedule.ts [--targets 10,100,1000] [--warm-up 75] [--minutes 3] [--write]
  --targets  databases that are watched, one measurement for each number
  --warm-up  seconds from the start until measuring begins
  --minutes  how long each is measured
  --write    puts the result into docs/benchmarks.md`

const WORKERS = 2
/** Real databases; each has many names when there are more targets. */
const DATABASES = 5
const DATABASE_SCALE = 0.0002
/** How long what was due at the end of a measurement may still be late. */
const GRACE_MS = 20_000
const SETTINGS = { shared_buffers: '128MB', max_connections: '1500' }

interface Backends {
  readonly applications: EmbeddedPostgres
  readonly state: EmbeddedPostgres
  readonly redis: TestRedis
}

const everyMinute = checks.map((check) => ({ ...check, every: '1m' as const }))
const units = planUnits(everyMinute)

async function startWorkers(targets: number, { applications, state, redis }: Backends, database: string) {
  const env = {
    STATE_DATABASE_URL: state.url(database),
    REDIS_URL: redis.url,
    ...Object.fromEntries(
      Array.from({ length: DATABASES }, (_, n) => [`APPLICATION_${n}`, applications.url(`application_${n}`)]),
    ),
  }
  const config = {
    databases: Array.from({ length: targets }, (_, n) => ({
      name: `app-${n}`,
      urlEnv: `APPLICATION_${n % DATABASES}`,
    })),
    checks: Object.fromEntries(checks.map(({ id }) => [id, { every: '1m' }])),
    metrics: { maxSeries: 1_000_000 },
    http: { port: 0 },
  }
  // One after another: both would migrate the state, and compile the program.
  const workers: TestWorker[] = []
  for (let n = 0; n < WORKERS; n += 1) workers.push(await startServe({ env, config }))
  return workers
}

async function spent(backends: Backends, workers: readonly TestWorker[], database: string): Promise<Spent> {
  const { applications, state, redis } = backends
  const transactions =
    'select xact_commit + xact_rollback from pg_stat_database where datname = current_database()'
  const used = await Promise.all(workers.map(({ pid }) => processUse(pid)))
  const superseded = await Promise.all(
    workers.map((worker) => worker.value('authwatch_ticks_skipped_total', { reason: 'superseded' })),
  )
  return {
    at: Date.now(),
    superseded: superseded.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0),
    workerSeconds: used.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    workerBytes: Math.max(...used.map(({ rssBytes }) => rssBytes)),
    redis: await redisUse(redis.url),
    stateSeconds: (await serverCost(state.url(database))).cpuSeconds,
    stateTransactions: Number(await ask(state.url(database), transactions)),
    applicationSeconds: (await serverCost(applications.url('application_0'))).cpuSeconds,
  }
}

interface Plan {
  readonly targets: number
  readonly warmUpMs: number
  readonly minutes: number
}

async function measure(backends: Backends, { targets, warmUpMs, minutes }: Plan): Promise<MeasuredSchedule> {
  const database = `state_${targets}`
  await backends.state.createDatabase(database)
  await backends.redis.flush()
  const workers = await startWorkers(targets, backends, database)
  try {
    process.stderr.write(`${targets} targets: warming up\n`)
    await sleep(warmUpMs)
    process.stderr.write(`${targets} targets: measuring\n`)
    const before = await spent(backends, workers, database)
    await sleep(minutes * 60_000)
    const after = await spent(backends, workers, database)
    await sleep(GRACE_MS)
    const runs = await runsBetween({
      url: backends.state.url(database),
      ...{ units, targets },
      from: before.at,
      to: after.at,
    })
    return {
      ...{
        targets,
        minutes,
        before,
        after,
        ...runs,
        due: (targets * units.length * (after.at - before.at)) / 60_000,
      },
    }
  } finally {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
}

function options() {
  const { values } = parseArgs({
    options: {
      targets: { type: 'string', default: '10,100,1000' },
      'warm-up': { type: 'string', default: '75' },
      minutes: { type: 'string', default: '3' },
      write: { type: 'boolean', default: false },
    },
  })
  const targets = values.targets.split(',').map(Number)
  const [warmUpMs, minutes] = [Number(values['warm-up']) * 1_000, Number(values.minutes)]
  const valid = targets.every((count) => Number.isInteger(count) && count > 0 && count <= 1_000)
  if (!valid || !(warmUpMs >= 0) || !(minutes > 0)) throw new Error(USAGE)
  return { targets, warmUpMs, minutes, write: values.write }
}

async function main(): Promise<void> {
  const { targets, warmUpMs, minutes, write } = options()
  const load = loadavg()[0] ?? Number.NaN
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-bench-schedule-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(directory, 0o755)
  const postgres = (name: string) =>
    startEmbeddedPostgres({ dataDirectory: join(directory, name), removeOnStop: true, settings: SETTINGS })
  try {
    await using applications = await postgres('applications')
    await using state = await postgres('state')
    await using redis = await startRedis()
    for (let n = 0; n < DATABASES; n += 1) {
      const name = `application_${n}`
      await applications.createDatabase(name)
      await camelCase.build(applications.url(name))
      await fillApplication(applications.url(name), sizeOf(DATABASE_SCALE))
    }
    const measured: MeasuredSchedule[] = []
    for (const count of targets) {
      const backends = { applications, state, redis }
      measured.push(await measure(backends, { targets: count, warmUpMs, minutes }))
    }
    const text = scheduleReport({
      measured,
      load,
      units: units.length,
      checks: checks.length,
      databases: DATABASES,
    })
    process.stdout.write(text)
    if (write) await writeSection('schedule', text)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
