import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { WORKER } from './selectors.ts'
import { type SeriesSpec, seriesPanel } from './series-panel.ts'

/** Every program exports the like, and to choose all jobs is to choose those of others too. */
const OURS = `on (job, instance) authwatch_build_info{${WORKER}}`

/** What each worker's process uses. */
export function processPanels(): readonly Panel[] {
  const latest = (metric: string) => `max by (instance) (${metric}{${WORKER}} and ${OURS})`
  const rate = (counter: string, by: string) =>
    `sum by (${by}) (rate(${counter}{${WORKER}}[$__rate_interval]) and ${OURS})`
  return [
    process({ title: 'Processor', description: 'Share of one processor.', unit: 'percentunit' }, [
      { expr: rate('process_cpu_seconds_total', 'instance'), legend: '{{instance}}' },
    ]),
    process(
      {
        title: 'Memory',
        description: 'What the process has in memory, and the part that JavaScript uses.',
        unit: 'bytes',
      },
      [
        { expr: latest('process_resident_memory_bytes'), legend: '{{instance}}' },
        { expr: latest('nodejs_heap_size_used_bytes'), legend: '{{instance}} heap' },
      ],
    ),
    process(
      {
        title: 'Event loop',
        description: 'How late the process gets to its work: 99 of a hundred times less.',
        unit: 's',
      },
      [{ expr: latest('nodejs_eventloop_lag_p99_seconds'), legend: '{{instance}}' }],
    ),
    process(
      { title: 'Garbage collection', description: 'Share of the time, by kind.', unit: 'percentunit' },
      [{ expr: rate('nodejs_gc_duration_seconds_sum', 'kind'), legend: '{{kind}}' }],
    ),
    process(
      { title: 'Requests', description: 'What the worker answered, by route and status.', unit: 'reqps' },
      [{ expr: rate('authwatch_http_requests_total', 'route, status'), legend: '{{route}} {{status}}' }],
    ),
    process(
      {
        title: 'Time of answers',
        description: 'Of 95 in a hundred requests. A scrape reads memory only and takes milliseconds.',
        unit: 's',
      },
      [
        {
          expr: `histogram_quantile(0.95, ${rate('authwatch_http_request_duration_seconds_bucket', 'le, route')})`,
          legend: '{{route}}',
        },
      ],
    ),
    process({ title: 'Time of a scrape', description: 'As Prometheus measures it.', unit: 's' }, [
      { expr: latest('scrape_duration_seconds'), legend: '{{instance}}' },
    ]),
    process(
      {
        title: 'Series',
        description: 'Samples in a scrape. It has a limit: metrics.maxSeries.',
        unit: 'short',
      },
      [{ expr: latest('scrape_samples_scraped'), legend: '{{instance}}' }],
    ),
    process(
      {
        title: 'Uptime',
        description: 'Since the process began. A saw is a process that is restarted again and again.',
        unit: 's',
      },
      [
        {
          expr: `time() - ${latest('process_start_time_seconds')}`,
          legend: '{{instance}}',
        },
      ],
    ),
  ]
}

function process(
  about: Pick<SeriesSpec, 'title' | 'description' | 'unit'>,
  queries: SeriesSpec['queries'],
): Panel {
  return seriesPanel({ ...about, queries, noValue: 'no worker is scraped', width: 8 })
}
