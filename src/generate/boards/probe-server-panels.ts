import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { EVENTS } from '../event-recordings.ts'
import { probeObjective } from '../probe-objective.ts'
import { outcomeColours } from './palette.ts'
import { runbook } from './runbook.ts'
import { JOB } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'

/** One server by itself: the section is there once for each. */
export function probeServerPanels(policy: AlertPolicy): readonly Panel[] {
  const SERVER = `${JOB},server=~"$server"`
  return [
    seriesPanel({
      title: '$server: can it be signed in to',
      description: '1 while all of its sign-in probes succeed.',
      unit: 'short',
      max: 1,
      noValue: 'not probed',
      queries: [{ expr: `${probeObjective.available}{${JOB},target=~"$server"}`, legend: '{{target}}' }],
      width: 8,
      links: [runbook(policy, 'AuthwatchProbeErrorBudgetBurn')],
    }),
    seriesPanel({
      title: '$server: time by step',
      description: 'Mean time of each step of its probes, stacked: where a sign-in spends its time.',
      unit: 's',
      noValue: 'not probed',
      queries: [
        {
          expr: `sum by (step) (rate(authwatch_probe_duration_seconds_sum{${SERVER},probe=~"$probe"}[$__rate_interval]))\n/ (sum by (step) (rate(authwatch_probe_duration_seconds_count{${SERVER},probe=~"$probe"}[$__rate_interval])) > 0)`,
          legend: '{{step}}',
        },
      ],
      stacked: 'sum',
      width: 8,
    }),
    seriesPanel({
      title: '$server: what its users meet',
      description: 'Authentication events a second by outcome, as the server counts them.',
      unit: 'reqps',
      noValue: 'it reports no events',
      queries: [{ expr: `sum by (outcome) (${EVENTS}{${SERVER}})`, legend: '{{outcome}}' }],
      stacked: 'sum',
      colours: outcomeColours,
      width: 8,
      links: [runbook(policy, 'AuthwatchEventsMissing')],
    }),
  ]
}
