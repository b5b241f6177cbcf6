import type { Size } from './application.ts'
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
    const basis = measured.find((each) => each.variant.name === variant.against)
    return [
      `**${variant.name}**: ${variant.what}`,
      String(variant.units.length),
      round(median(times)),
      `${round(Math.min(...times))} to ${round(Math.max(...times))}`,
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

/** Everything that was measured, as Markdown. */
export function report(
  environment: Environment,
  measured: readonly Measured[],
  units: readonly UnitTime[],
): string {
  const { date, machine, versions, size, bytes, rounds } = environment
  const errors = errorLines(measured)
  const states = Object.entries(measured[0]?.states ?? {}).map(([state, count]) => `${count} ${state}`)
  return [
    `Measured ${date} on ${machine}; ${versions}.`,
    `${thousands(size.users)} users, ${thousands(size.sessions)} sessions, ${thousands(size.keys)} API keys, ` +
      `${thousands(size.organizations)} organizations; ${bytes} with indexes.`,
    `Median of ${rounds} rounds, in each of which every variant ran once, over three open connections. ` +
      `Verdicts of the cycle: ${states.join(', ')}.`,
    '',
    table(['variant', 'units', 'ms', 'range', 'CPU s', 'pages', 'time / CPU ratio'], variantRows(measured)),
    '',
    'The units of the cycle, each run alone, those that read most first:',
    '',
    table(
      ['unit', 'every', 'ms', 'pages'],
      units.map(({ unit, every, milliseconds, pages }) => {
        return [`\`${unit}\``, every, round(milliseconds), thousands(pages)]
      }),
    ),
    ...(errors.length === 0 ? [] : ['', ...errors]),
    '',
  ].join('\n')
}
