import { environment } from './environment.ts'
import type { RedisUse } from './redis-use.ts'
import type { Runs } from './schedule-runs.ts'

/** Everything used up to an instant. */
export interface Spent {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Ticks that were left out, since a newer one was due. */
  readonly superseded: number
  /** Processor time of all workers. */
  readonly workerSeconds: number
  /** Of the worker that holds most. */
  readonly workerBytes: number
  readonly redis: RedisUse
  readonly stateSeconds: number
  readonly stateTransactions: number
  readonly applicationSeconds: number
}

export interface MeasuredSchedule extends Runs {
  readonly targets: number
  readonly minutes: number
  readonly due: number
  readonly before: Spent
  readonly after: Spent
}

const whole = (value: number) => Math.round(value).toLocaleString('en')

function row({
  targets,
  due,
  done,
  failed,
  fewest,
  most,
  latenessP50,
  latenessP99,
  before,
  after,
}: MeasuredSchedule): string {
  const seconds = (pick: (spent: Spent) => number) => pick(after) - pick(before)
  const perRun = (value: number) => ((value * 1_000) / done).toFixed(2)
  const asked = [...after.redis.calls].filter(([name]) => ['evalsha', 'eval', 'bzpopmin'].includes(name))
  const scripts = asked.reduce((sum, [name, calls]) => sum + calls - (before.redis.calls.get(name) ?? 0), 0)
  const cpus = [
    seconds((spent) => spent.workerSeconds),
    seconds((spent) => spent.redis.cpuSeconds),
    seconds((spent) => spent.stateSeconds),
    seconds((spent) => spent.applicationSeconds),
  ]
  const busy = cpus.reduce((sum, value) => sum + value, 0) / ((after.at - before.at) / 1_000)
  return [
    whole(targets),
    whole((due * 60_000) / (after.at - before.at)),
    `${((100 * done) / due).toFixed(1)} %`,
    whole((seconds((spent) => spent.superseded) * 60_000) / (after.at - before.at)),
    `${whole(fewest)} / ${whole(most)}`,
    whole(failed),
    `${latenessP50.toFixed(2)} / ${latenessP99.toFixed(2)}`,
    ...cpus.map(perRun),
    (scripts / done).toFixed(1),
    (seconds((spent) => spent.stateTransactions) / done).toFixed(1),
    busy.toFixed(2),
    whole(after.workerBytes / 2 ** 20),
  ].join(' | ')
}

export function scheduleReport(options: {
  readonly measured: readonly MeasuredSchedule[]
  readonly load: number
  readonly units: number
  readonly checks: number
  readonly databases: number
}): string {
  const { measured, load, units, checks, databases } = options
  return `${environment(load)}.
All ${checks} checks (${units} units) every minute on each target, by 2 workers that share Redis, a state database and
the machine with ${databases} small watched databases of many names each; ${measured[0]?.minutes ?? 0} minutes after the start had settled. **Late** is from
the tick that is run to the start of the run; **superseded** are ticks a minute that were left out because a newer one
was due, and **turns** the fewest and the most runs that a unit had on a target. CPU is milliseconds for each run of a unit; **scripts** are calls of Redis,
**transactions** those of the state database for each run; **cores** is what all of it kept busy.
**Done** compares with what is due on average; which ticks fall into the window moves it by some per cent.

| targets | due a minute | done | superseded | turns | errors | s late p50 / p99 | workers | Redis | state | watched | scripts | transactions | cores | RSS MiB |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${measured.map((each) => `| ${row(each)} |`).join('\n')}
`
}
