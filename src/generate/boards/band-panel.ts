import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import type { Baseline } from '../baseline.ts'
import { colours } from './palette.ts'
import { JOB } from './selectors.ts'
import { type SeriesSpec, seriesPanel } from './series-panel.ts'

/** A count beside what is expected of it and where an alert fires. */
export function bandPanel({
  policy,
  baseline: { series, expected, sigma },
  title,
  what,
  links,
}: {
  readonly policy: AlertPolicy
  readonly baseline: Baseline
  readonly what: string
} & Pick<SeriesSpec, 'title' | 'links'>): Panel {
  const { sigmas, factor, floor } = policy.spike
  const of = (name: string) => `${name}{${JOB}}`
  const noise = `${of(expected)} + ${sigmas} * ${of(sigma)}`
  const times = `${factor} * ${of(expected)}`
  // The greatest of the three guards, as an alert needs all of them.
  const limit = `clamp_min((${noise} > ${times}) or ${times}, ${floor})`
  return seriesPanel({
    title,
    description: `${what} in 5 minutes. An alert fires above the red line: ${sigmas} standard deviations and ${factor} times what is expected, and never below ${floor}.`,
    unit: 'short',
    noValue: 'none was counted',
    queries: [
      { expr: `sum(${of(series)})`, legend: 'refused' },
      { expr: `sum(${of(expected)})`, legend: 'expected' },
      { expr: `sum(${limit})`, legend: 'alert' },
    ],
    colours: { refused: colours.warning, expected: colours.absent, alert: colours.bad },
    compared: ['expected', 'alert'],
    ...(links === undefined ? {} : { links }),
  })
}
