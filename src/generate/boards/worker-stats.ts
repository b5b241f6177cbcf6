import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { seconds } from '../../catalogue/duration.ts'
import { boardUrl } from './board.ts'
import { colours } from './palette.ts'
import type { Link } from './panel.ts'
import { runbook } from './runbook.ts'
import { JOB, orZero, WORKER } from './selectors.ts'
import { statPanel } from './stat-panel.ts'
import { words } from './table-panel.ts'

const reached = words({
  '0': { text: 'lost', colour: colours.bad },
  '1': { text: 'reached', colour: colours.good },
})

const fromOne = [{ colour: colours.bad }, { from: 1, colour: colours.good }] as const

/** Whether there are workers, what they reach, and whether rules are evaluated at all. */
export function workerStats(policy: AlertPolicy): readonly Panel[] {
  return [
    statPanel({
      title: 'Workers',
      description: 'Workers that answer scrapes. One does the work of all; none watches nothing.',
      unit: 'none',
      noValue: 'none',
      queries: [{ expr: orZero(`count(authwatch_build_info{${WORKER}})`), instant: true }],
      steps: fromOne,
      links: [runbook(policy, 'AuthwatchWorkersGone')],
    }),
    statPanel({
      title: 'Last run',
      description: 'Ago, of any check by any worker. Beyond the limit workers answer and do nothing.',
      unit: 's',
      decimals: 0,
      noValue: 'nothing was run',
      queries: [{ expr: `time() - max(authwatch_check_last_run_timestamp_seconds{${JOB}})`, instant: true }],
      steps: [{ colour: colours.good }, { from: seconds(policy.nothingRan), colour: colours.bad }],
      links: [
        runbook(policy, 'AuthwatchChecksStopped'),
        { title: 'Checks', url: boardUrl('authwatch-checks') },
      ],
    }),
    reaches(
      { title: 'State database', metric: 'authwatch_state_up' },
      runbook(policy, 'AuthwatchStateDatabaseDown'),
    ),
    reaches({ title: 'Queue', metric: 'authwatch_queue_up' }, runbook(policy, 'AuthwatchQueueDown')),
    statPanel({
      title: "Dead man's switch",
      description:
        'The alert that always fires. Without it no rule of authwatch is evaluated, and no other alert can fire.',
      unit: 'none',
      noValue: 'no rules',
      queries: [{ expr: 'count(ALERTS{alertname="AuthwatchWatchdog",alertstate="firing"})', instant: true }],
      steps: fromOne,
      links: [runbook(policy, 'AuthwatchWatchdog')],
    }),
    statPanel({
      title: 'Version',
      description: 'What runs; several for long are a deploy that was not finished.',
      unit: 'none',
      noValue: 'no worker is scraped',
      queries: [
        {
          expr: `count by (version) (authwatch_build_info{${WORKER}})`,
          legend: '{{version}}',
          instant: true,
        },
      ],
      shows: 'name',
      steps: [{ colour: colours.absent }],
    }),
  ]
}

function reaches({ title, metric }: { readonly title: string; readonly metric: string }, link: Link): Panel {
  return statPanel({
    title,
    description: 'Whether every worker reaches it. Without it each worker goes on by itself.',
    unit: 'none',
    noValue: 'no worker is scraped',
    queries: [{ expr: `min(${metric}{${WORKER}})`, instant: true }],
    mappings: [reached],
    steps: fromOne,
    links: [link],
  })
}
