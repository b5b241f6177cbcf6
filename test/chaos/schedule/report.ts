import { groupBy } from '../../../src/catalogue/group-by.ts'
import { markdownTable } from '../../../src/generate/markdown-table.ts'
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

/** What `docs/chaos.md` says of the last run. */
export function scheduleSection(
  reports: readonly ChaosReport[],
  { seed, missing }: { readonly seed: number; readonly missing: ReadonlyMap<string, string> },
): string {
  const complaints = reports.flatMap((report) => report.complaints)
  const drawn = reports.flatMap((report) => report.rows.map(({ fault }) => fault))
  const extent = `Seed ${seed}. ${drawn.length} faults, of ${new Set(drawn).size} of ${faults.length} kinds`
  const verdict = complaints.length === 0 ? 'nothing was wrong.' : 'not all was right, see below.'
  const wrong = complaints.length === 0 ? [] : [complaints.map(line).join('\n')]
  return [`${extent}: **${verdict}**`, chaosTable(reports, missing), told(reports), ...wrong].join('\n\n')
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
