import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promtool } from '../support/prometheus.ts'
import { type Habits, remembered } from './habits.ts'

const HOUR = 3_600
const DAY = 24 * HOUR
/** A history is looked at for some minutes after it was written; all in seconds of the machine's own time. */
const LONGEST_LOOK = 900
const STEP = 5

interface Span {
  /** Seconds before now. */
  readonly from: number
  readonly to: number
}

/**
 * Writes blocks of Prometheus' own format in which the past, `factor` times shorter than the rules of production think,
 * was as healthy as the habits are.
 */
export async function writeHistory(options: {
  readonly habits: Habits
  readonly factor: number
  /** An empty one, where the blocks are written. */
  readonly folder: string
}): Promise<void> {
  const { habits, factor, folder } = options
  const now = Math.floor(Date.now() / 1_000)
  const lines = [...spansOf(factor)].flatMap(([series, spans]) =>
    habits
      .filter((habit) => habit.series === series.replace(/_clean$/, ''))
      .flatMap(({ labels, value }) => samples({ name: nameOf(series, labels), value, spans, now })),
  )
  const file = join(folder, 'history.om')
  await writeFile(file, `${lines.join('\n')}\n# EOF\n`)
  const args = ['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=360h', '-q']
  const { code, output } = await promtool([...args, file, join(folder, 'data')])
  if (code !== 0) throw new Error(`promtool could not write the past: ${output}`)
}

/** When each series is looked at. */
function spansOf(factor: number): ReadonlyMap<string, readonly Span[]> {
  const around = (age: number): Span => ({
    from: (age + HOUR) / factor + STEP,
    to: Math.max(0, (age - HOUR) / factor - LONGEST_LOOK),
  })
  const recent = (age: number): readonly Span[] => [{ from: age / factor, to: 0 }]
  const spans = new Map<string, readonly Span[]>()
  const add = (names: readonly string[], more: readonly Span[]) => {
    for (const name of names) spans.set(name, [...(spans.get(name) ?? []), ...more])
  }
  const weeks = [21, 14, 7].map((days) => around(days * DAY - HOUR / 2))
  add(remembered.weekAgo, weeks.slice(-1))
  add(
    remembered.weeks.map((series) => `${series}_clean`),
    weeks,
  )
  add(remembered.dayAgo, [around(7 * DAY), around(DAY)])
  add(remembered.days, recent(3 * DAY))
  add(remembered.hours, recent(8 * HOUR))
  return spans
}

function nameOf(series: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return `${series}{${pairs.join(',')}}`
}

function samples(options: {
  readonly name: string
  readonly value: number
  readonly spans: readonly Span[]
  readonly now: number
}): readonly string[] {
  const { name, value, spans, now } = options
  return spans.flatMap(({ from, to }) => {
    const count = Math.max(0, Math.floor((from - to) / STEP))
    return Array.from(
      { length: count },
      (_, index) => `${name} ${value} ${now - Math.floor(from) + index * STEP}`,
    )
  })
}
