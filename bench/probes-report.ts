import { groupBy } from '../src/catalogue/group-by.ts'
import { median } from './report.ts'

export interface Round {
  readonly wallMs: number
  /** Until the last probe of a server that answers, or of the fleet, was done. */
  readonly healthyMs: number
  /** Of the process that probes. */
  readonly cpuSeconds: number
  readonly peakBytes: number
  /** Runs on servers that answer, and of the fleet. */
  readonly passed: number
  /** What came to another state there. */
  readonly others: readonly string[]
  readonly hungRuns: number
  readonly slowestFleetMs: number
  /** By how much a run was longer than its probe's deadline, at worst; negative when none was. */
  readonly overrunMs: number
}

export interface Measured {
  readonly servers: number
  readonly hung: number
  readonly rounds: readonly Round[]
}

const MOST_LINES = 30

const seconds = (ms: number): string => (ms / 1_000).toFixed(2)
const middle = ({ rounds }: Measured, of: (round: Round) => number): number => median(rounds.map(of))

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---:')), ...rows.map(line)]
}

function healthyRows(all: readonly Measured[]): readonly (readonly string[])[] {
  const [basis] = all
  if (basis === undefined) return []
  const each = (one: Measured, of: (round: Round) => number) => middle(one, of) / one.servers
  return all.map((one) => {
    const wall = each(one, ({ wallMs }) => wallMs)
    const cpu = each(one, ({ cpuSeconds }) => cpuSeconds * 1_000)
    const ratios = [
      wall / each(basis, ({ wallMs }) => wallMs),
      cpu / each(basis, ({ cpuSeconds }) => cpuSeconds * 1_000),
    ]
    return [
      String(one.servers),
      seconds(middle(one, ({ wallMs }) => wallMs)),
      middle(one, ({ cpuSeconds }) => cpuSeconds).toFixed(2),
      (Math.max(...one.rounds.map(({ peakBytes }) => peakBytes)) / 2 ** 20).toFixed(0),
      wall.toFixed(1),
      cpu.toFixed(1),
      ratios.map((ratio) => ratio.toFixed(2)).join(' / '),
      String(one.rounds.reduce((sum, { others }) => sum + others.length, 0)),
    ]
  })
}

function hungRows(hung: readonly Measured[], healthy: readonly Measured[]): readonly (readonly string[])[] {
  return hung.map((one) => {
    const basis = healthy.find(({ servers }) => servers === one.servers)
    return [
      `${one.servers} / ${one.hung}`,
      basis === undefined ? '' : seconds(middle(basis, ({ healthyMs }) => healthyMs)),
      seconds(middle(one, ({ healthyMs }) => healthyMs)),
      seconds(middle(one, ({ slowestFleetMs }) => slowestFleetMs)),
      seconds(middle(one, ({ wallMs }) => wallMs)),
      seconds(Math.max(0, ...one.rounds.map(({ overrunMs }) => overrunMs))),
      String(one.rounds.reduce((sum, { others }) => sum + others.length, 0)),
    ]
  })
}

function otherLines(measured: readonly Measured[]): readonly string[] {
  const lines = measured.flatMap(({ servers, hung, rounds }) => {
    const groups = groupBy(
      rounds.flatMap(({ others }) => others),
      (other) => other,
    )
    const name = hung === 0 ? `${servers} servers` : `${servers} servers, of which ${hung} hang`
    return [...groups].map(([other, group]) => `- ${name}: ${group.length} × ${other}`)
  })
  return lines.length === 0 ? [] : ['', 'Not passed where servers answer:', '', ...lines.slice(0, MOST_LINES)]
}

/** Everything that was measured, as Markdown. */
export function report({
  environment,
  probes,
  measured,
}: {
  readonly environment: string
  readonly probes: number
  readonly measured: readonly Measured[]
}): string {
  const healthy = measured.filter(({ hung }) => hung === 0)
  const hung = measured.filter((one) => one.hung > 0)
  const head = ['servers', 's', 'CPU s', 'peak MiB', 'ms / server', 'CPU ms / server', 'ratio', 'not passed']
  const hungHead = [
    'servers / hung',
    's, none hung',
    's, answering',
    's, fleet',
    's, all',
    's late',
    'not passed',
  ]
  return [
    environment,
    `A round is every probe that needs no account (${probes}) on every server, 64 servers side by side as \`authwatch ` +
      'probe` runs them. The servers are stubs in one process beside it, which shares the cores. Medians, where there are more, of ' +
      `${healthy[0]?.rounds.length ?? 0} round(s); CPU and memory are the probing process's; **ratio** compares time and ` +
      'CPU for each server with the first row.',
    '',
    ...table(head, healthyRows(healthy)),
    ...(hung.length === 0
      ? []
      : [
          '',
          'One server in fifty accepts connections and never answers; one round each. **answering** is when all other ' +
            'servers and the fleet’s probes were done, **fleet** the longest of the latter, **all** the whole round, in ' +
            'which a hung server is waited for once, and **late** how far the worst run overran its own deadline.',
          '',
          ...table(hungHead, hungRows(hung, healthy)),
        ]),
    ...otherLines(measured),
    '',
  ].join('\n')
}
