import { fork } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { checks } from '../src/checks/index.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { parseExposition } from '../test/metrics/parse-exposition.ts'
import { compiledCli } from '../test/support/compiled-cli.ts'
import { startRedis, type TestRedis } from '../test/support/redis.ts'
import { camelCase } from '../test/support/schemas/camel-case.ts'
import { startServe, type TestWorker } from '../test/support/worker.ts'
import { fillApplication, sizeOf } from './application.ts'
import { environment } from './environment.ts'
import { processUse } from './process-use.ts'
import { median } from './report.ts'
import { writeSection } from './write-section.ts'

const USAGE = `npx tsx bench/idle.ts [--idle 60] [--rounds 3] [--days 5] [--write]
  --idle     seconds for which a worker is left alone before its memory is read
  --rounds   starts of each kind
  --days     of the soak, each about a minute; 0 leaves it out
  --write    puts the result into docs/benchmarks.md`

/** As many people as the demo has. */
const SCALE = 0.0002
const FIRST_VERDICTS_MS = 120_000
const SOAK_MS = 900_000
/** As many as that time is enough for. */
const MOST_DAYS = 10

interface Started {
  readonly answersMs: number
  readonly verdictsMs: number
  readonly rssMiB: number
  readonly cpuPercent: number
}

type Environment = Readonly<Record<string, string>>

/** Starts a worker as an operator would, waits for a result of every check, and then leaves it alone. */
async function start(env: Environment, idleMs: number): Promise<Started> {
  const began = performance.now()
  await using worker = await startServe({ env, config: {} })
  const answersMs = performance.now() - began
  while (!(await hasEveryVerdict(worker))) {
    if (performance.now() - began > FIRST_VERDICTS_MS)
      throw new Error(`some check has no result: ${worker.log()}`)
    await sleep(50)
  }
  const verdictsMs = performance.now() - began
  const before = await processUse(worker.pid)
  await sleep(idleMs)
  const after = await processUse(worker.pid)
  return {
    answersMs,
    verdictsMs,
    rssMiB: after.rssBytes / 2 ** 20,
    cpuPercent: ((after.cpuSeconds - before.cpuSeconds) / (idleMs / 1_000)) * 100,
  }
}

async function hasEveryVerdict(worker: TestWorker): Promise<boolean> {
  const states = parseExposition(await worker.metrics(), 'text').get('authwatch_check_state')?.samples ?? []
  const seen = new Set(states.filter(({ value }) => value === 1).map(({ labels }) => labels.check))
  return checks.every(({ id }) => seen.has(id))
}

const hourly = z.object({ hour: z.number(), bytes: z.number(), runs: z.number() })
type Hour = z.infer<typeof hourly>

/** Days of ticks as fast as they can be run, in a process that can be told to collect its garbage. */
async function soak(days: number, server: EmbeddedPostgres, redis: TestRedis): Promise<readonly Hour[]> {
  await server.createDatabase('soak')
  await redis.flush()
  const urls = { application: server.url('application'), state: server.url('soak'), redis: redis.url }
  const args = Object.entries({ ...urls, days: String(days) }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ])
  const child = fork(new URL('./soak.ts', import.meta.url), args, {
    execArgv: ['--expose-gc', '--import', 'tsx'],
  })
  const hours: Hour[] = []
  child.on('message', (said) => {
    hours.push(hourly.parse(said))
    process.stderr.write(`hour ${hours.length}\n`)
  })
  const late = setTimeout(() => child.kill('SIGKILL'), SOAK_MS)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  clearTimeout(late)
  if (code !== 0) throw new Error(`the soak ended with ${code}`)
  return hours
}

/** KiB an hour, by least squares. */
function slope(hours: readonly Hour[]): number {
  const mean = (of: (each: Hour) => number) => hours.reduce((sum, each) => sum + of(each), 0) / hours.length
  const [hour, bytes] = [mean((each) => each.hour), mean((each) => each.bytes)]
  const up = hours.reduce((sum, each) => sum + (each.hour - hour) * (each.bytes - bytes), 0)
  const along = hours.reduce((sum, each) => sum + (each.hour - hour) ** 2, 0)
  return up / along / 1_024
}

function startRow(name: string, starts: readonly Started[]): string {
  const of = (pick: (each: Started) => number) => median(starts.map(pick))
  const seconds = [of((each) => each.answersMs), of((each) => each.verdictsMs)].map((ms) =>
    (ms / 1_000).toFixed(1),
  )
  return `| ${[name, ...seconds, of((each) => each.rssMiB).toFixed(0), `${of((each) => each.cpuPercent).toFixed(1)} %`].join(' | ')} |`
}

function soakText(hours: readonly Hour[]): string {
  // Caches, and the hundred ticks that are remembered of each check, fill first.
  const settled = hours.slice(Math.floor(hours.length / 2))
  const { hour: last = 0, runs = 0 } = hours.at(-1) ?? {}
  const shown = [
    1,
    6,
    12,
    24,
    ...hours.map(({ hour }) => hour).filter((hour) => hour > 24 && hour % 24 === 0),
  ]
  const mib = (hour: number) => ((hours[hour - 1]?.bytes ?? Number.NaN) / 2 ** 20).toFixed(2)
  const sizes = shown.filter((hour) => hour <= last).map((hour) => `${mib(hour)} at ${hour} h`)
  const noise =
    (Math.max(...settled.map(({ bytes }) => bytes)) - Math.min(...settled.map(({ bytes }) => bytes))) / 1_024
  return `
Every tick of ${last} hours (${runs.toLocaleString('en')} runs), one after another through Redis, scraped four times a minute. Heap and
buffers once garbage is collected, in MiB: ${sizes.join(', ')}. In the second half they change by ${slope(settled).toFixed(1)} KiB an
hour; its hours lie within ${noise.toFixed(0)} KiB of each other.
`
}

function options() {
  const { values } = parseArgs({
    options: {
      idle: { type: 'string', default: '60' },
      rounds: { type: 'string', default: '3' },
      days: { type: 'string', default: '5' },
      write: { type: 'boolean', default: false },
    },
  })
  const [idleMs, rounds, days] = [Number(values.idle) * 1_000, Number(values.rounds), Number(values.days)]
  const whole = [rounds, days].every((number) => Number.isInteger(number) && number >= 0)
  if (!(idleMs > 0) || !whole || rounds < 1 || days > MOST_DAYS) throw new Error(USAGE)
  return { idleMs, rounds, days, write: values.write }
}

async function main(): Promise<void> {
  const { idleMs, rounds, days, write } = options()
  const load = loadavg()[0] ?? Number.NaN
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-bench-idle-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(directory, 0o755)
  try {
    await using server = await startEmbeddedPostgres({
      dataDirectory: join(directory, 'postgres'),
      removeOnStop: true,
    })
    await using redis = await startRedis()
    await server.createDatabase('application')
    await camelCase.build(server.url('application'))
    await fillApplication(server.url('application'), sizeOf(SCALE))
    await compiledCli()
    const [own, shared]: [Started[], Started[]] = [[], []]
    for (let round = 0; round < rounds; round += 1) {
      const DATABASE_URL = server.url('application')
      const name = `state_${round}`
      await server.createDatabase(name)
      own.push(await start({ DATABASE_URL }, idleMs))
      shared.push(
        await start({ DATABASE_URL, STATE_DATABASE_URL: server.url(name), REDIS_URL: redis.url }, idleMs),
      )
    }
    const text = `${environment(load)}.
${checks.length} checks of a database as small as the demo's, at their own intervals; each state new and empty. Medians of ${rounds} starts;
memory and CPU are the worker's process, once it was left alone for ${idleMs / 1_000} s.

| state and queue | s until it answers | s until every check has a result | RSS MiB | CPU |
| --- | ---: | ---: | ---: | ---: |
${startRow('its own embedded PostgreSQL, made at the start', own)}
${startRow('a PostgreSQL and a Redis that are there', shared)}
${days > 0 ? soakText(await soak(days, server, redis)) : ''}`
    process.stdout.write(text)
    if (write) await writeSection('idle', text)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
