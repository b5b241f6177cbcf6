import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { probeObjective } from '../probe-objective.ts'
import { colours } from './palette.ts'
import { runbook } from './runbook.ts'
import { JOB } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'
import { tablePanel } from './table-panel.ts'

const PROBED = `${JOB},server=~"$server",probe=~"$probe"`

/** What the probes' steps met; each worker counts its own. */
export function probeStepPanels(policy: AlertPolicy): readonly Panel[] {
  const quantile = (share: number, by: string) =>
    `histogram_quantile(${share}, sum by (${by}) (rate(authwatch_probe_duration_seconds_bucket{${PROBED}}[$__rate_interval])))`
  return [
    tablePanel({
      title: 'Failed steps and why',
      description:
        'Steps that failed in the chosen time, the commonest first. What the network kept from being seen is no fault of the application, except of server.not_answering.',
      unit: 'short',
      noValue: 'no step failed',
      width: 12,
      height: 9,
      queries: [
        {
          expr: `sort_desc(sum by (probe, server, step, reason) (increase(authwatch_probe_failures_total{${PROBED}}[$__range])) > 0)`,
          instant: true,
          format: 'table',
        },
      ],
      columns: [
        { title: 'Probe', of: { label: 'probe' } },
        { title: 'Server', of: { label: 'server' } },
        { title: 'Step', of: { label: 'step' } },
        { title: 'Reason', of: { label: 'reason' } },
        { title: 'Times', of: { query: 0 }, decimals: 0, width: 90 },
      ],
    }),
    seriesPanel({
      title: 'Failed steps by reason',
      description: 'Failures a second, of all workers together.',
      unit: 'ops',
      noValue: 'no step failed',
      height: 9,
      queries: [
        {
          expr: `sum by (probe, reason) (rate(authwatch_probe_failures_total{${PROBED}}[$__rate_interval])) > 0`,
          legend: '{{probe}} {{reason}}',
        },
      ],
    }),
    seriesPanel({
      title: 'Time of probes by server',
      description: 'Of 95 in a hundred steps. A server that is slower than the others is about to fail.',
      unit: 's',
      noValue: 'nothing was probed',
      queries: [{ expr: quantile(0.95, 'le, server'), legend: '{{server}}' }],
      width: 8,
    }),
    seriesPanel({
      title: 'Slowest steps',
      description: 'Of 95 in a hundred, the five slowest pairs of probe and step.',
      unit: 's',
      noValue: 'nothing was probed',
      queries: [{ expr: `topk(5, ${quantile(0.95, 'le, probe, step')} > 0)`, legend: '{{probe}} {{step}}' }],
      width: 8,
    }),
    seriesPanel({
      title: 'Share of time without sign-in',
      description: 'Of each server, over an hour. Above the line the budget of 30 days does not last.',
      unit: 'percentunit',
      noValue: 'not probed',
      queries: [
        {
          expr: `${probeObjective.failures('1h')}{${JOB},target=~"$server"}`,
          legend: '{{target}}',
        },
      ],
      steps: [{ colour: colours.good }, { from: policy.probeErrorBudget, colour: colours.bad }],
      width: 8,
      links: [runbook(policy, 'AuthwatchProbeErrorBudgetBurn')],
    }),
  ]
}
