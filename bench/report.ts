import type { Size } from './application.ts'
import type { Impact } from './impact.ts'
import type { ServerCost } from './server-cost.ts'
import type { Variant } from './variants.ts'

export interface Measured {
  readonly variant: Variant
  /** Milliseconds, one for each round. */
  readonly times: readonly number[]
  /** What one round cost the server. */
  readonly cost: ServerCost
  /** How many checks came to each state in the last round. */
  readonly states: Readonly<Record<string, number>>
  /** Checks that came to no verdict, by id, with the reason. */
  readonly errors: Readonly<Record<string, string>>
}

export interface UnitTime {
  readonly unit: string
  readonly every: string
  readonly milliseconds: number
  readonly cpuSeconds: number
  /** Of tables and indexes, that one run looked at. */
  readonly pages: number
}

export interface Environment {
  readonly date: string
  readonly machine: string
  readonly versions: string
  readonly size: Size
  readonly bytes: string
  readonly rounds: number
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

const round = (milliseconds: number): string => milliseconds.toFixed(milliseconds < 100 ? 1 : 0)
const thousands = (count: number): string => count.toLocaleString('en-US')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = line(head.map((_, column) => (column === 0 ? '---' : '---:')))
  return [line(head), rule, ...rows.map(line)].join('\n')
}

const ratio = (cost: number, basis: number | undefined): string => (cost / (basis ?? Number.NaN)).toFixed(2)

function variantRows(measured: readonly Measured[]): readonly (readonly string[])[] {
  return measured.map(({ variant, times, cost }) => {
    const basis = measured.find((each) => each.variant.name === 'cycle')
    return [
      `**${variant.name}**: ${variant.what}`,
      String(variant.units),
      round(median(times)),
      times.length === 1 ? 'once' : `${round(Math.min(...times))} to ${round(Math.max(...times))}`,
      cost.cpuSeconds.toFixed(2),
      thousands(cost.pages),
      `${ratio(median(times), median(basis?.times ?? []))} / ${ratio(cost.cpuSeconds, basis?.cost.cpuSeconds)}`,
    ]
  })
}

function errorLines(measured: readonly Measured[]): readonly string[] {
  return measured.flatMap(({ variant, errors }) =>
    Object.entries(errors).map(
      ([id, reason]) => `- ${variant.name}: \`${id}\` came to no verdict: ${reason}`,
    ),
  )
}

/** How the cycle compares with one other variant, against what was aimed at. */
function goalLine(
  measured: readonly Measured[],
  goal: {
    /** Ours, and what it is compared with: as many statements at a time. */
    readonly of: string
    readonly against: string
    readonly what: string
    readonly limit: number
    readonly atLeast: boolean
  },
): readonly string[] {
  const { of: ours, against, what, limit, atLeast } = goal
  const find = (name: string) => measured.find(({ variant }) => variant.name === name)
  const [cycle, other] = [find(ours), find(against)]
  if (cycle === undefined || other === undefined)
    return [`- ${what}: not measured, the program could not be had.`]
  const [of, by] = atLeast ? [other, cycle] : [cycle, other]
  const time = median(of.times) / median(by.times)
  const cpu = of.cost.cpuSeconds / by.cost.cpuSeconds
  const isMet = atLeast ? time >= limit : time <= limit
  const bound = `${atLeast ? 'at least' : 'at most'} ${limit}`
  return [
    `- ${what}: ${time.toFixed(2)} in time, ${cpu.toFixed(2)} in CPU; the goal, ${bound}, is **${isMet ? 'met' : 'missed'}**.`,
  ]
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

function impactLines({
  blocks,
  seconds,
  perSecond,
  idle,
  besideBusy,
  during,
  cycles,
}: Impact): readonly string[] {
  const slower = during.p50 / idle.p50 - 1
  const row = (name: string, { p50, mean, p99 }: Impact['idle']) => [
    ...[name, p50.toFixed(2), mean.toFixed(2), p99.toFixed(2)],
    `${ratio(p50, idle.p50)} / ${ratio(mean, idle.mean)} / ${ratio(p99, idle.p99)}`,
  ]
  const counted = cycles.slice(1)
  const cycleCount = counted.reduce((sum, { count }) => sum + count, 0)
  return [
    `An application beside it makes ${perSecond} of better-auth's own look-ups a second (session with user, API key, ` +
      `membership), ${blocks} times ${seconds} s without checks, as long beside a program that keeps one processor busy ` +
      `and asks no database, and as long with cycles ` +
      `(${cycleCount} begun in all), by turns:`,
    '',
    table(
      ['look-ups', 'p50 ms', 'mean ms', 'p99 ms', 'ratios'],
      [row('without checks', idle), row('beside a busy processor', besideBusy), row('during cycles', during)],
    ),
    '',
    `- Look-ups are slowed by ${(slower * 100).toFixed(1)} % at the median; the goal, less than 5 %, is ` +
      `**${slower < 0.05 ? 'met' : 'missed'}**.`,
    `- Memory of the process that checks, in MiB before, at most during and after the cycles of each block: ` +
      `${cycles.map(({ before, most, after }) => [before, most, after].map(mebibytes).join(', ')).join('; ')}.`,
  ]
}

/** Everything that was measured, as Markdown. */
export function report(all: {
  readonly environment: Environment
  readonly measured: readonly Measured[]
  readonly units: readonly UnitTime[]
  readonly impact: Impact
}): string {
  const { environment, measured, units, impact } = all
  const { date, machine, versions, size, bytes, rounds } = environment
  const errors = errorLines(measured)
  const states = Object.entries(measured[0]?.states ?? {}).map(([state, count]) => `${count} ${state}`)
  const faster = { limit: 2.5, atLeast: true }
  const one = { of: 'cycle', against: 'exporter', what: 'Faster than the exporter' }
  const three = {
    ...{ of: 'first cycle', against: 'exporter, three jobs' },
    what: 'Faster than the exporter, both with three statements at a time',
  }
  const floor = { of: 'cycle', against: 'bare counts', what: 'Times the bare counts' }
  return [
    `Measured ${date} on ${machine}; ${versions}.`,
    `${thousands(size.users)} users, ${thousands(size.sessions)} sessions, ${thousands(size.keys)} API keys, ` +
      `${thousands(size.organizations)} organizations; ${bytes} with indexes.`,
    `Median of ${rounds} rounds, in each of which every variant ran once (two of them in the first only). ` +
      `Verdicts of the cycle: ${states.join(', ')}.`,
    '',
    table(['variant', 'units', 'ms', 'range', 'CPU s', 'pages', 'time / CPU ratio'], variantRows(measured)),
    '',
    ...goalLine(measured, { ...one, ...faster }),
    ...goalLine(measured, { ...three, ...faster }),
    ...goalLine(measured, { ...floor, limit: 3.5, atLeast: false }),
    ...(errors.length === 0 ? [] : ['', ...errors]),
    '',
    ...impactLines(impact),
    '',
    'The units of the cycle, each run once and alone, the longest first:',
    '',
    table(
      ['unit', 'every', 'ms', 'CPU s', 'pages'],
      units.map(({ unit, every, milliseconds, cpuSeconds, pages }) => {
        return [`\`${unit}\``, every, round(milliseconds), cpuSeconds.toFixed(2), thousands(pages)]
      }),
    ),
    '',
  ].join('\n')
}
