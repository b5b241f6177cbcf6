import { groupBy } from '../../../src/catalogue/group-by.ts'
import { markdownTable } from '../../../src/generate/markdown-table.ts'
import type { Surroundings } from '../../faults/report.ts'
import { faults } from './deck.ts'
import { type Complaint, INVARIANTS } from './diary.ts'
import type { Row } from './episode.ts'
import type { ChaosReport } from './schedule-chaos.ts'

const HEAD = ['fault', 'shown by', 'times', 'seen after (s)', 'within (s)', 'recovered after (s)']

/** What was done, how often, and how soon it was seen and over. */
export function chaosTable(reports: readonly ChaosReport[], missing: ReadonlyMap<string, string>): string {
  const rows = groupBy(
    reports.flatMap((report) => report.rows),
    ({ fault }) => fault,
  )
  return markdownTable(
    HEAD,
    faults.map(({ name, metric, withinMs }) => {
      const own = rows.get(name) ?? []
      const why = missing.get(name)
      return [
        name,
        metric ?? 'nothing',
        own.length === 0 && why !== undefined ? `0: ${why}` : String(own.length),
        metric === null ? '' : range(own.map(({ seenAfter }) => seenAfter)),
        metric === null ? '' : String(withinMs / 1_000),
        range(own.map(({ recoveredAfter }: Row) => recoveredAfter)),
      ]
    }),
  )
}

/** The text of `docs/chaos.md`. */
export function chaosDocument(
  reports: readonly ChaosReport[],
  options: Surroundings & {
    readonly seed: number
    readonly missing: ReadonlyMap<string, string>
  },
): string {
  const { seed, date, machine, versions, missing } = options
  const complaints = reports.flatMap((report) => report.complaints)
  const drawn = reports.flatMap((report) => report.rows.map(({ fault }) => fault))
  const extent = `${drawn.length} faults, of ${new Set(drawn).size} of ${faults.length} kinds`
  const verdict =
    complaints.length === 0
      ? `${extent}: **nothing was wrong.**`
      : `${extent}: **not all was right**, see below.`
  return `# Chaos

\`npm run chaos\` breaks a real deployment at random and judges it from outside: first the schedule of checks, with one,
two and four workers and the queue in Redis or in PostgreSQL, then the counting of events. \`npm run chaos -- schedule
--seed 7 --minutes 10 --workers 2 --queue postgres\` does one of them; the same seed draws the same faults. A short form of
each is among the tests, and so is the proof that each judge complains of what it is there for.

Last run ${date} on ${machine}; ${versions.join(', ')}. Seed ${seed}. ${verdict}

## The schedule of checks

Real workers, PostgreSQL for the application and another for the state, the queue in Redis with a replica or beside
the state, two servers; checks and probes every 10 s, the shortest that can be configured. Good health is shown first and
last. Between, one or two things are broken at once, each until it is seen and some time longer; then all must be well
again within two intervals, with nothing restarted that was not killed. Seconds are the least and the most; recovery is
that of all that was broken at the time.

${chaosTable(reports, missing)}

${told(reports)}

What is judged all the time, by scrapes and pages of each worker every second and the rows of the run table:

1. A check is begun at most two intervals after it is due, while any worker is alive. No backend that is away excuses it.
2. None is run twice for one tick, or twice at once, over all workers. Without the state database each worker looks for
   itself, as promised; and a process that was frozen for longer than its lease ends what it had begun.
3. A check that is shown as passed is no older than three intervals and half a minute, is not of the future, and did not
   begin and end while nobody could look.
4. The pages show no check as passed that the metrics do not, answer as long as these do, and say how old all of it is.
5. No counter of a worker goes back while it lives, and the counters of runs are the rows of the run table, to the unit.
6. No worker takes more than 700 MiB; in a life of two and a half minutes or longer, the median of the last 30 s is at
   most half as much again as that of the 30 s after the first minute.
7. Each fault is seen in the metric above in the time above.
8. All is well two intervals after it ended.

How it is broken: workers by SIGKILL and SIGSTOP; their clocks by a module that shifts \`Date\` in the process, so that
timers go on, as when a real clock steps; slow is ${'1.3 s'} in each direction; a disk is full when a small tmpfs is, which
takes root, and then the server ends itself; Redis fails over to a replica that missed the last seconds.
${complaints.length === 0 ? '' : `\n## Not as it should be\n\n${complaints.map(line).join('\n')}\n`}`
}

/** What there was beside the faults, one line a world. */
export function told(reports: readonly ChaosReport[]): string {
  const head = [
    'workers',
    'queue',
    'minutes',
    'runs',
    'scrapes',
    'pages',
    'longest gap',
    'doubles without state',
    'after a freeze',
    'dropped',
    'memory',
  ]
  const cells = reports.map((report) => [
    String(report.workers),
    report.queue === 'redis' ? 'Redis' : 'PostgreSQL',
    String(report.minutes),
    String(report.runs),
    String(report.scrapes),
    String(report.pages),
    `${Math.round(report.longestGapMs / 1_000)} s`,
    String(report.alone),
    String(report.frozen),
    String(report.dropped),
    `${report.mostMib} MiB${report.memoryGrowth === null ? '' : `, × ${report.memoryGrowth.toFixed(2)}`}`,
  ])
  return markdownTable(head, cells)
}

export function line({ at, invariant, text, faults: present, times }: Complaint): string {
  const during = present.length === 0 ? '' : ` (${present.join(', ')})`
  return `- ${INVARIANTS.indexOf(invariant) + 1}. ${at} ${invariant}: ${text}${during}${times === 1 ? '' : `, ${times} times`}`
}

function range(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return '–'
  const [least, most] = [Math.min(...known).toFixed(0), Math.max(...known).toFixed(0)]
  return `${least === most ? least : `${least} to ${most}`}${known.length < values.length ? ', not always' : ''}`
}
