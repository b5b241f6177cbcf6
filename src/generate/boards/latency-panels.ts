import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { heatmapPanel } from './heatmap-panel.ts'
import { colours } from './palette.ts'
import { JOB } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'

const SIGN_IN = 'operation=~"callback_.+|sign_in_.+"'

/** All workers export one and the same histogram: the greatest of them is it, and their sum would be several. */
function buckets(matchers: string, by: string): string {
  const labels = `${JOB},server=~"$server",${matchers}`
  const counted = `max by (job, server, operation, outcome, le) (rate(authwatch_auth_duration_seconds_bucket{${labels}}[$__rate_interval]))`
  return `sum by (${by}) (\n  ${counted}\n)`
}

export function latencyPanels(): readonly Panel[] {
  const quantile = (share: number) => ({
    expr: `histogram_quantile(${share}, ${buckets(SIGN_IN, 'le')})`,
    legend: `p${share * 100}`,
  })
  return [
    seriesPanel({
      title: 'Time that a sign-in takes',
      description:
        'Median, 95th and 99th of a hundred. Hashing a password takes most of it; what is above that waits for the database or the processor.',
      unit: 's',
      noValue: 'no sign-ins were measured',
      queries: [quantile(0.5), quantile(0.95), quantile(0.99)],
      colours: { p50: colours.good, p95: colours.warning, p99: colours.bad },
      width: 8,
    }),
    heatmapPanel({
      title: 'Sign-ins by the time they take',
      description:
        'How often which time occurred. Two bands are two kinds of sign-in, or two kinds of server.',
      unit: 's',
      noValue: 'no sign-ins were measured',
      queries: [{ expr: buckets(SIGN_IN, 'le'), legend: '{{le}}', format: 'heatmap' }],
      width: 8,
      height: 8,
    }),
    seriesPanel({
      title: 'Slowest operations',
      description: '95th of a hundred, of the five slowest operations that were asked for.',
      unit: 's',
      noValue: 'nothing was measured',
      queries: [
        {
          expr: `topk(5, histogram_quantile(0.95, ${buckets('operation!=""', 'le, operation')}) > 0)`,
          legend: '{{operation}}',
        },
      ],
      width: 8,
    }),
  ]
}
