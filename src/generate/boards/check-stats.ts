import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { seconds } from '../../catalogue/duration.ts'
import type { State } from '../../catalogue/result.ts'
import { overdueChecks } from '../self-rules.ts'
import { boardUrl } from './board.ts'
import { colours, stateColours } from './palette.ts'
import { runbook } from './runbook.ts'
import { JOB, orZero } from './selectors.ts'
import { statPanel } from './stat-panel.ts'

export const CHOSEN = `${JOB},check=~"$check",target=~"$target"`

/** How many checks are in each state. */
export function checkStats(policy: AlertPolicy): readonly Panel[] {
  return [
    stateStat({ state: 'fail', title: 'Failing', description: 'Checks that found a fault.' }),
    stateStat({
      state: 'error',
      title: 'Could not look',
      description: 'Checks that say nothing about what they watch: not good, and not bad either.',
    }),
    statPanel({
      title: 'Overdue',
      description:
        'Checks that were not run for three of their intervals and a minute. What they said last is not shown as true.',
      unit: 'none',
      noValue: '0',
      queries: [{ expr: orZero(`count(${overdueChecks(`{${CHOSEN}}`)})`), instant: true }],
      steps: [{ colour: colours.good }, { from: 1, colour: colours.bad }],
      links: [runbook(policy, 'AuthwatchCheckStale')],
    }),
    stateStat({
      state: 'pass',
      title: 'Passing',
      description: 'Checks that looked and found nothing wrong.',
    }),
    stateStat({
      state: 'skipped',
      title: 'Do not apply',
      description:
        'Checks of what this deployment does not have, or has not configured; the worker says why.',
    }),
    statPanel({
      title: 'Last run of any check',
      description: 'Ago. Beyond the limit nothing is watched any more, whatever the other numbers say.',
      unit: 's',
      decimals: 0,
      noValue: 'no worker is scraped',
      queries: [
        { expr: `time() - max(authwatch_check_last_run_timestamp_seconds{${CHOSEN}})`, instant: true },
      ],
      steps: [{ colour: colours.good }, { from: seconds(policy.nothingRan), colour: colours.bad }],
      links: [
        runbook(policy, 'AuthwatchChecksStopped'),
        { title: 'Worker', url: boardUrl('authwatch-worker') },
      ],
    }),
  ]
}

function stateStat({
  state,
  title,
  description,
}: {
  readonly state: State
  readonly title: string
  readonly description: string
}): Panel {
  const each = `max by (job, check, target) (authwatch_check_state{state="${state}",${CHOSEN}}) == 1`
  const isGood = state === 'pass' || state === 'skipped'
  return statPanel({
    title,
    description,
    unit: 'none',
    noValue: '0',
    queries: [{ expr: orZero(`count(${each})`), instant: true }],
    steps: [{ colour: isGood ? colours.absent : colours.good }, { from: 1, colour: stateColours[state] }],
  })
}
