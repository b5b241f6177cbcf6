import { type Check, conditionsOf } from '../../catalogue/check.ts'
import type { Clause } from '../../catalogue/condition.ts'
import { gaugeOf } from '../promql.ts'
import { colours, severityColours } from './palette.ts'
import type { Step } from './panel.ts'

/**
 * Where the alerts of a check begin for one of its numbers, in the colours of their severity; nothing when none does.
 * A clause that looks the other way than the first of its condition only narrows it, and is no line.
 */
export function alertSteps(metric: string, check: Check): { readonly steps?: readonly Step[] } {
  const lines = conditionsOf(check).flatMap(({ severity, when }) =>
    when
      .filter((clause) => clause.metric === metric && clause.is === when[0].is)
      .map((clause) => ({ clause, colour: severityColours[severity] })),
  )
  const [first] = lines
  if (first === undefined) return {}
  const ascending = lines.toSorted((a, b) => a.clause.threshold - b.clause.threshold)
  if (first.clause.is === 'above') {
    const bad = ascending.map(({ clause, colour }) => ({ from: beyond(clause, check), colour }))
    return { steps: [{ colour: colours.good }, ...bad] }
  }
  const limits = ascending.map(({ clause }) => clause.threshold)
  const better = [...ascending.slice(1).map(({ colour }) => colour), colours.good]
  const above = better.map((colour, place) => ({ from: limits[place] ?? 0, colour }))
  return { steps: [{ colour: ascending[0]!.colour }, ...above] }
}

/** Grafana colours from a step on, and an alert fires above its threshold: of what is counted, from the next number on. */
function beyond({ metric, threshold }: Clause, check: Check): number {
  const counted = metric === 'offenders' || !/_(ratio|seconds)$/.test(gaugeOf(metric, check).family.name)
  return counted ? threshold + 1 : threshold
}
