import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { seconds } from '../../catalogue/duration.ts'
import { colours } from './palette.ts'
import { runbook } from './runbook.ts'
import { WORKER } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'

const NOBODY = 'no worker is scraped'

/** What workers stand on. */
export function backendPanels(policy: AlertPolicy): readonly Panel[] {
  const rise = (counter: string) => `increase(${counter}{${WORKER}}[$__rate_interval])`
  return [
    seriesPanel({
      title: 'Oldest waiting job',
      description:
        'Age of the job that waits longest in the queue. A worker runs it by itself after some seconds, so what rises is a queue that is stuck, or more than the workers can do.',
      unit: 's',
      noValue: 'the queue is not reached',
      queries: [
        {
          expr: `max by (instance) (authwatch_queue_oldest_waiting_seconds{${WORKER}})`,
          legend: '{{instance}}',
        },
      ],
      steps: [{ colour: colours.good }, { from: seconds(policy.queueWaiting), colour: colours.bad }],
      links: [runbook(policy, 'AuthwatchQueueStuck')],
    }),
    seriesPanel({
      title: 'Runs without the queue',
      description:
        'Runs that workers began by themselves, by reason. Now and then is a restart; always is a queue that is lost.',
      unit: 'short',
      noValue: NOBODY,
      queries: [
        {
          expr: `sum by (reason) (${rise('authwatch_queue_bypassed_runs_total')})`,
          legend: '{{reason}}',
        },
      ],
      links: [runbook(policy, 'AuthwatchQueueDown')],
    }),
    seriesPanel({
      title: 'Ticks that were not run',
      description:
        'By reason. overlap: a check that is still running when it is due again needs a longer interval. superseded: it is due again before its turn comes, so there is more to do than the workers can.',
      unit: 'short',
      noValue: NOBODY,
      queries: [{ expr: `sum by (reason) (${rise('authwatch_ticks_skipped_total')})`, legend: '{{reason}}' }],
      links: [runbook(policy, 'AuthwatchWorkersOverloaded')],
    }),
    seriesPanel({
      title: 'Results for the state database',
      description: 'Results that wait for it to come back, and those that had to be dropped.',
      unit: 'short',
      noValue: NOBODY,
      queries: [
        { expr: `sum(authwatch_results_pending{${WORKER}})`, legend: 'waiting' },
        { expr: `sum(${rise('authwatch_results_dropped_total')})`, legend: 'dropped' },
      ],
      colours: { waiting: colours.warning, dropped: colours.bad },
      links: [runbook(policy, 'AuthwatchResultsDropped')],
    }),
    seriesPanel({
      title: 'Clocks of the workers',
      description: 'Seconds by which a worker is ahead of the clock that all share.',
      unit: 's',
      noValue: NOBODY,
      queries: [
        {
          expr: `max by (instance) (abs(authwatch_clock_offset_seconds{${WORKER}}))`,
          legend: '{{instance}}',
        },
      ],
      steps: [{ colour: colours.good }, { from: policy.clockOffset, colour: colours.bad }],
      links: [runbook(policy, 'AuthwatchWorkerClockOff')],
    }),
    seriesPanel({
      title: 'Series that were left out',
      description: 'Because there are more than metrics.maxSeries: what is missing cannot be judged.',
      unit: 'short',
      noValue: NOBODY,
      queries: [
        { expr: `sum by (instance) (${rise('authwatch_series_dropped_total')})`, legend: '{{instance}}' },
      ],
      links: [runbook(policy, 'AuthwatchSeriesDropped')],
    }),
  ]
}
