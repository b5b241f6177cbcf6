import type { RecordingRule } from './rule.ts'

/** A recorded count that has habits, such as rejections in 5 minutes. */
export interface Baseline {
  /** Its name, with one series for each job. */
  readonly series: string
  /** Names of the recordings made from it. */
  readonly expected: string
  readonly sigma: string
  /** While one of these alerts fires, what happens is not learned as normal. */
  readonly frozenBy: readonly string[]
}

export function baselineOf(series: string, frozenBy: readonly string[]): Baseline {
  return { series, frozenBy, expected: `${series}_expected`, sigma: `${series}_sigma` }
}

/** What alone would be learned from an attack if it were learned for longer is the new normal. */
const LONGEST_FREEZE = '12h'
/** With less history an attack in progress when it is installed would be what is expected. */
const NEEDED_HISTORY = '6h'

/**
 * Records what to expect: the median of this hour in the last three weeks, so that one attacked or one dead week
 * decides nothing; without such history, the last day's average.
 */
export function expectedRules({ series, expected, frozenBy }: Baseline): readonly RecordingRule[] {
  const operator = frozenBy.length === 1 ? '=' : '=~'
  const firing = `ALERTS{alertname${operator}"${frozenBy.join('|')}",alertstate="firing"}`
  const clean = `${series}_clean`
  const weeks = ['6d23h30m', '13d23h30m', '20d23h30m'].map(
    (offset, week) =>
      `label_replace(avg_over_time(${clean}[1h] offset ${offset}), "week", "${week + 1}", "", "")`,
  )
  return [
    {
      record: clean,
      expr: `${series}\nunless on (job) (\n  ${firing}\n  unless on (job) ${firing} offset ${LONGEST_FREEZE}\n)`,
    },
    // Not the last minutes: an attack is learned until its alert fires.
    { record: `${series}_avg1d`, expr: `avg_over_time(${clean}[1d] offset 10m)` },
    { record: `${series}_seasonal`, expr: `quantile by (job) (0.5,\n  ${weeks.join('\n  or ')}\n)` },
    {
      record: expected,
      expr: `${series}_seasonal\nor (${series}_avg1d and ${series} offset ${NEEDED_HISTORY})`,
    },
  ]
}

/** Records the noise: the measured deviation, or that of a random count where a quiet day shows none at all. */
export function sigmaRules({ series, expected, sigma }: Baseline): readonly RecordingRule[] {
  const measured = `${series}_stddev1d`
  const random = `sqrt(clamp_min(${expected}, 1))`
  return [
    { record: measured, expr: `stddev_over_time(${series}_clean[1d] offset 10m)` },
    { record: sigma, expr: `(${measured} > ${random})\nor ${random}` },
  ]
}
