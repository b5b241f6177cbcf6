import { baselineOf, expectedRules, sigmaRules } from './baseline.ts'
import { type BurnWindow, burnWindows } from './burn-rate.ts'
import type { RecordingRule } from './rule.ts'

/** Events a second over 5 minutes, each counted once whichever way it came. */
export const EVENTS = 'job_server_operation_outcome_reason:authwatch_auth_events:rate5m'

/** What ends a sign-in; being sent on to a provider does not. */
export const SIGN_IN = 'operation=~"callback_.+|sign_in_.+",reason!="continued"'

export const signIn = {
  attempts: 'job:authwatch_sign_in_attempts:rate5m',
  errors: 'job:authwatch_sign_in_errors:rate5m',
  accepted: 'job:authwatch_sign_in_successes:rate5m',
  errorRatio: (window: string) => `job:authwatch_sign_in_errors_per_attempts:ratio_rate${window}`,
  successes: 'job:authwatch_sign_in_successes:increase15m',
  tried: 'job:authwatch_sign_in_attempts:increase15m',
  rateLimited: 'job:authwatch_sign_in_rate_limited:increase5m',
} as const

export const SERVER_EVENTS = 'job_server:authwatch_auth_events:rate5m'

/** Refusals whose number has a habit, and the events that are such. */
export const spikes = {
  signIn: {
    selector: `${SIGN_IN},outcome="rejected"`,
    baseline: baselineOf('job:authwatch_sign_in_rejections:increase5m', [
      'AuthwatchSignInRejectionSpike',
      'AuthwatchSignInRejectionsWithoutBaseline',
    ]),
  },
  apiKey: {
    selector: 'operation="verify_api_key",outcome="rejected"',
    baseline: baselineOf('job:authwatch_api_key_rejections:increase5m', [
      'AuthwatchApiKeyRejectionSpike',
      'AuthwatchApiKeyRejectionsWithoutBaseline',
    ]),
  },
  extensionToken: {
    selector: 'operation="extension_token",outcome="rejected"',
    baseline: baselineOf('job:authwatch_extension_token_rejections:increase5m', [
      'AuthwatchExtensionTokenRejectionSpike',
      'AuthwatchExtensionTokenRejectionsWithoutBaseline',
    ]),
  },
} as const

/** Accounts that sign-ins were tried with; learned as long as the rejections are. */
export const accounts = baselineOf(
  'job:authwatch_auth_distinct_accounts:max5m',
  spikes.signIn.baseline.frozenBy,
)
export const successes = baselineOf(signIn.successes, ['AuthwatchSignInSuccessDrop'])

/**
 * Workers export one and the same counters, applications each their own. `build_info` tells them apart; it is looked
 * back for as long as a rate outlives a scrape that failed, or a worker would be taken for an application then.
 */
const COUNTED_ONCE = `max by (job, server, operation, outcome, reason) (
  rate(authwatch_auth_events_total[5m])
  and on (job, instance) last_over_time(authwatch_build_info[10m])
)
or
sum by (job, server, operation, outcome, reason) (
  rate(authwatch_auth_events_total[5m])
  unless on (job, instance) last_over_time(authwatch_build_info[10m])
)`

/** What the alerts and boards about real users are made of. */
export function eventRecordings(): readonly RecordingRule[] {
  const perSecond = (selector: string) => `sum by (job) (${EVENTS}{${selector}})`
  return [
    { record: EVENTS, expr: COUNTED_ONCE },
    { record: signIn.attempts, expr: perSecond(SIGN_IN) },
    { record: signIn.errors, expr: perSecond(`${SIGN_IN},outcome="error"`) },
    ...burnWindows.map((window) => ({
      record: signIn.errorRatio(window),
      // Averages of the parts, not of the ratio: an hour without traffic must not weigh as much as a busy one.
      expr: `${average(signIn.errors, window)}\n/ (${average(signIn.attempts, window)} > 0)`,
    })),
    { record: signIn.accepted, expr: perSecond(`${SIGN_IN},outcome="success"`) },
    { record: signIn.successes, expr: `900 * avg_over_time(${signIn.accepted}[15m])` },
    { record: signIn.tried, expr: `900 * avg_over_time(${signIn.attempts}[15m])` },
    {
      record: signIn.rateLimited,
      expr: `300 * ${perSecond(`${SIGN_IN},outcome="rejected",reason="rate_limited"`)}`,
    },
    ...Object.values(spikes).map(({ selector, baseline }) => ({
      record: baseline.series,
      expr: `300 * ${perSecond(selector)}`,
    })),
    { record: accounts.series, expr: 'max by (job) (authwatch_auth_distinct_accounts{window="5m"})' },
    { record: SERVER_EVENTS, expr: `sum by (job, server) (${EVENTS})` },
  ]
}

/** Over a window of a series that is one over 5 minutes already. */
function average(series: string, window: BurnWindow): string {
  return window === '5m' ? series : `avg_over_time(${series}[${window}])`
}

/** What to expect of the recordings that have habits. */
export function baselineRecordings(): readonly RecordingRule[] {
  return [
    ...Object.values(spikes).flatMap(({ baseline }) => [...expectedRules(baseline), ...sigmaRules(baseline)]),
    ...expectedRules(accounts),
    ...expectedRules(successes),
  ]
}
