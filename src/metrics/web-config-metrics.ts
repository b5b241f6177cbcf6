import type { MetricFamily } from './metric-family.ts'

/** How the last attempt to read the web configuration ended, under the names by which Prometheus tells it of itself. */
export function webConfigMetrics(last: {
  readonly successful: boolean
  /** When it was last read with success, milliseconds since the epoch. */
  readonly succeededAt: number
}): readonly MetricFamily[] {
  return [
    {
      name: 'authwatch_web_config_last_reload_successful',
      help: 'Whether the web configuration that is in force is what its files say now.',
      type: 'gauge',
      samples: [{ labels: {}, value: Number(last.successful) }],
    },
    {
      name: 'authwatch_web_config_last_reload_success_timestamp_seconds',
      help: 'When the web configuration that is in force was read.',
      type: 'gauge',
      samples: [{ labels: {}, value: last.succeededAt / 1000 }],
    },
  ]
}
