import { setTimeout as sleep } from 'node:timers/promises'
import type { TestPrometheus } from '../support/prometheus.ts'

/** What the recorded series come to in good health, by name; one value for each set of labels. */
export type Habits = readonly Habit[]

export interface Habit {
  readonly series: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const BASELINES = [
  'job:authwatch_sign_in_rejections:increase5m',
  'job:authwatch_api_key_rejections:increase5m',
  'job:authwatch_extension_token_rejections:increase5m',
  'job:authwatch_auth_distinct_accounts:max5m',
  'job:authwatch_sign_in_successes:increase15m',
]
/** Recorded series of which rules look at the past, by the past they look at. */
export const remembered = {
  weekAgo: ['job:authwatch_sign_in_successes:increase15m', 'job:authwatch_sign_in_attempts:increase15m'],
  /** Of each of three weeks. */
  weeks: BASELINES,
  dayAgo: ['job_server:authwatch_auth_events:rate5m'],
  /** Budgets are judged over three days. */
  days: [
    'job_target:authwatch_probe_available:min',
    'job:authwatch_sign_in_errors:rate5m',
    'job:authwatch_sign_in_attempts:rate5m',
  ],
  /** That there was a past at all. */
  hours: [
    'job_target:authwatch_probe_failures_per_probes:ratio_rate5m',
    'job:authwatch_sign_in_errors_per_attempts:ratio_rate5m',
  ],
} as const

/** Watches for so long, in milliseconds, what the series are like. */
export async function learnHabits(prometheus: TestPrometheus, watchMs: number): Promise<Habits> {
  await sleep(watchMs)
  const range = `${Math.floor(watchMs / 2_000)}s`
  const learned = await Promise.all(
    [...new Set(Object.values(remembered).flat())].map(async (series) => {
      const samples = await prometheus.query(`avg_over_time(${series}[${range}])`)
      return samples.map(({ labels: { __name__: _, ...labels }, value }) => ({ series, labels, value }))
    }),
  )
  return learned.flat()
}
