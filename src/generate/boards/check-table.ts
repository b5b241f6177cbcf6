import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import type { Check } from '../../catalogue/check.ts'
import { stateCode, stateWords, withRunbook } from './check-state.ts'
import { CHOSEN } from './check-stats.ts'
import type { Query } from './query.ts'
import { runbookOfRow } from './runbook.ts'
import { tablePanel } from './table-panel.ts'
import { timelinePanel } from './timeline-panel.ts'

const row = (expr: string): Query => ({ expr, instant: true, format: 'table' })

/** Each check with its state, its number and its age; and what had trouble lately. */
export function checkTable(checks: readonly Check[], policy: AlertPolicy): readonly Panel[] {
  const by = 'job, check, target'
  const latest = (metric: string) => `max by (${by}) (${metric}{${CHOSEN}})`
  const state = withRunbook(`(\n${stateCode({ by, matchers: CHOSEN })}\n)`, checks)
  return [
    tablePanel({
      title: 'Checks',
      description:
        'Every check on every target, the worst first. The name leads to its runbook section; the number is how many were found, without those that somebody has waived.',
      unit: 'short',
      noValue: '–',
      width: 24,
      height: 14,
      queries: [
        row(`sort_desc(${state})`),
        row(latest('authwatch_check_findings')),
        row(`time() - (${latest('authwatch_check_last_success_timestamp_seconds')} > 0)`),
        row(latest('authwatch_check_duration_seconds')),
        row(latest('authwatch_check_interval_seconds')),
        row(`${latest('authwatch_findings_waived')} > 0`),
      ],
      columns: [
        { title: 'State', of: { query: 0 }, mappings: [stateWords], coloured: true, width: 130 },
        { title: 'Check', of: { label: 'check' }, link: runbookOfRow(policy) },
        { title: 'Target', of: { label: 'target' } },
        { title: 'Found', of: { query: 1 }, decimals: 0, width: 110 },
        { title: 'Waived', of: { query: 5 }, decimals: 0, width: 100 },
        { title: 'Last looked', of: { query: 2 }, unit: 's', decimals: 0, width: 120 },
        { title: 'Took', of: { query: 3 }, unit: 's', width: 110 },
        { title: 'Every', of: { query: 4 }, unit: 's', width: 110 },
        { title: 'Job', of: { label: 'job' } },
        { title: 'Section', of: { label: 'runbook' }, hidden: true },
      ],
    }),
    timelinePanel({
      title: 'Checks that had trouble',
      description: 'When which check failed or could not look in the chosen time; the others are left out.',
      unit: 'none',
      noValue: 'no check had trouble in this time',
      width: 24,
      height: 10,
      mappings: [stateWords],
      queries: [
        {
          expr: `${stateCode({ by: 'check, target', matchers: CHOSEN })}\nand on (check, target) max_over_time(authwatch_check_state{state=~"error|fail",${CHOSEN}}[$__range]) > 0`,
          legend: '{{check}} {{target}}',
        },
      ],
    }),
  ]
}
