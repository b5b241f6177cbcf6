import type { Gauge } from '../catalogue/check.ts'
import { groupBy } from '../catalogue/group-by.ts'
import { matrixCells } from '../catalogue/matrix.ts'
import type { CurrentResult } from './current-results.ts'
import type { Labels, MetricFamily, MetricSample } from './metric-family.ts'

/** What is wrong with a gauge's labels; empty when nothing is. No such gauge may be in the catalogue. */
export function gaugeProblems({ family, labels }: Gauge): readonly string[] {
  const unlisted = Object.entries(labels).filter(([name, value]) => !family.labels[name]?.includes(value))
  const missing = Object.keys(family.labels).filter((name) => labels[name] === undefined)
  const reserved = Object.keys(family.labels).filter((name) => name === 'target' || name === 'server')
  return [
    ...unlisted.map(([name, value]) => `${family.name}: ${name}="${value}" is not in the family's list`),
    ...missing.map((name) => `${family.name}: no value for ${name}`),
    ...reserved.map((name) => `${family.name}: ${name} is added to every gauge`),
  ]
}

/**
 * The numbers that checks report beside their verdicts. What could not be measured has no series, nor has a gauge
 * with a label value outside its family's list: an unbounded label would be worse than a missing number.
 */
export function subjectGauges(current: readonly CurrentResult[]): readonly MetricFamily[] {
  const measured = current.flatMap(measurements)
  return [...groupBy(measured, ({ gauge }) => gauge.family.name)].flatMap(([name, same]) =>
    same.slice(0, 1).map(({ gauge }) => ({
      name: `authwatch_${name}`,
      help: gauge.family.help,
      type: 'gauge' as const,
      samples: same.map(({ sample }) => sample),
    })),
  )
}

function measurements({
  check,
  target,
  last,
}: CurrentResult): readonly { gauge: Gauge; sample: MetricSample }[] {
  const values = last !== undefined && 'values' in last.verdict ? last.verdict.values : {}
  const single = Object.entries(check.gauges ?? {}).flatMap(([name, gauge]) => {
    const value = values[name]
    if (value === null || value === undefined || Number.isNaN(value)) return []
    if (gaugeProblems(gauge).length > 0) return []
    return [{ gauge, sample: { labels: { ...gauge.labels, ...place(check, target) }, value } }]
  })
  const { matrix } = check
  const cells = matrix === undefined ? [] : matrixCells(values)
  return [...single, ...cells.map((sample) => ({ gauge: { family: matrix!, labels: {} }, sample }))]
}

/** Numbers of a server say which; those of the fleet have its name for a target. A matrix names its servers itself. */
function place({ kind, scope }: CurrentResult['check'], target: string): Labels {
  return kind === 'probe' && scope === 'server' ? { server: target } : { target }
}
