import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { CHOSEN } from './check-stats.ts'
import { colours, stateColours } from './palette.ts'
import { runbook } from './runbook.ts'
import { seriesPanel } from './series-panel.ts'
import { tablePanel } from './table-panel.ts'

/** Numbers over time, and how the runs themselves go. */
export function checkRunPanels(policy: AlertPolicy): readonly Panel[] {
  return [
    seriesPanel({
      title: 'Found',
      description: 'What checks found, the ten with the most. Choose one check to see it alone.',
      unit: 'short',
      noValue: 'nothing was found',
      queries: [
        {
          expr: `topk(10, max by (check, target) (authwatch_check_findings{${CHOSEN}}) > 0)`,
          legend: '{{check}} {{target}}',
        },
      ],
    }),
    tablePanel({
      title: 'Why checks cannot look',
      description: 'The code of the error, such as a missing right or a database that does not answer.',
      unit: 'none',
      noValue: 'every check can look',
      width: 12,
      height: 8,
      queries: [
        {
          expr: `max by (check, target, code) (authwatch_check_error{${CHOSEN}})`,
          instant: true,
          format: 'table',
        },
      ],
      columns: [
        { title: 'Check', of: { label: 'check' } },
        { title: 'Target', of: { label: 'target' } },
        { title: 'Code', of: { label: 'code' } },
      ],
      links: [runbook(policy, 'AuthwatchCheckCannotLook')],
    }),
    seriesPanel({
      title: 'Runs by how they ended',
      description: 'Runs a second, of all workers together.',
      unit: 'ops',
      noValue: 'nothing was run',
      queries: [
        {
          expr: `sum by (outcome) (max by (job, check, target, outcome) (rate(authwatch_check_runs_total{${CHOSEN}}[$__rate_interval])))`,
          legend: '{{outcome}}',
        },
      ],
      stacked: 'sum',
      colours: stateColours,
      width: 8,
    }),
    seriesPanel({
      title: 'Slowest checks',
      description: 'How long the last run took, the five longest. A slow check is a table without an index.',
      unit: 's',
      noValue: 'nothing was run',
      queries: [
        {
          expr: `topk(5, max by (check, target) (authwatch_check_duration_seconds{${CHOSEN}}))`,
          legend: '{{check}} {{target}}',
        },
      ],
      width: 8,
    }),
    seriesPanel({
      title: 'Lateness',
      description:
        'Intervals since the last run began, of the check that is latest on each target. One is on time; from three on a result is not believed any more.',
      unit: 'short',
      decimals: 1,
      noValue: 'nothing was run',
      queries: [
        {
          expr: `max by (target) (\n  (time() - (max by (check, target) (authwatch_check_last_run_timestamp_seconds{${CHOSEN}}) > 0))\n  / (max by (check, target) (authwatch_check_interval_seconds{${CHOSEN}}) > 0)\n)`,
          legend: '{{target}}',
        },
      ],
      steps: [{ colour: colours.good }, { from: 3, colour: colours.bad }],
      width: 8,
      links: [runbook(policy, 'AuthwatchCheckStale')],
    }),
    seriesPanel({
      title: 'Databases that can be reached',
      description: 'Whether the check that looked last could connect.',
      unit: 'short',
      max: 1,
      noValue: 'no database was looked at',
      queries: [
        {
          expr: `max by (target) (authwatch_database_up{job=~"$job",target=~"$target"})`,
          legend: '{{target}}',
        },
      ],
      links: [runbook(policy, 'AuthwatchDatabaseDown')],
    }),
  ]
}
