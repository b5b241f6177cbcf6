import type { AlertPolicy } from '../catalogue/alert-policy.ts'
import { seconds } from '../catalogue/duration.ts'
import { burnRules } from './burn-rate.ts'
import { SERVER_EVENTS, signIn } from './event-recordings.ts'
import type { AlertRule } from './rule.ts'
import { spikeRules } from './spike-rules.ts'

const DASHBOARD = 'authwatch-overview?var-job={{ $labels.job }}'

/** Alerts on what real users meet. Success lost pages; rejections gained go to who watches for attacks. */
export function eventRules(policy: AlertPolicy): readonly AlertRule[] {
  return [
    ...signInObjective(policy),
    ...successDrop(policy),
    ...spikeRules(policy),
    rateLimited(policy),
    eventsMissing(policy),
    eventsDropped,
  ]
}

/** Rejections are the user's fault and burn nothing: only errors are the server's. */
function signInObjective({ signInErrorBudget, signInErrorFloor }: AlertPolicy): readonly AlertRule[] {
  return burnRules({
    ratio: signIn.errorRatio,
    budget: signInErrorBudget,
    also: (window) =>
      `${seconds(window)} * avg_over_time(${signIn.errors}[${window}]) >= ${signInErrorFloor}`,
    about: {
      alert: 'AuthwatchSignInErrorBudgetBurn',
      team: 'sre',
      view: 'events',
      summary: 'Too many sign-ins fail by the fault of the servers',
      description:
        '{{ $value | humanizePercentage }} of the sign-ins of {{ $labels.job }} failed with an error over the longest window that burns.',
      dashboard: DASHBOARD,
    },
  })
}

const WEEK_AGO = '[1h] offset 6d23h30m'

/**
 * Against the same hour last week. It pages where people go on trying, or where nothing gets through at all; where as
 * many fewer try, it may be a holiday.
 */
function successDrop({ successDrop: { below, nothingBelow, floor } }: AlertPolicy): readonly AlertRule[] {
  const lastWeek = (series: string) => `avg_over_time(${series}${WEEK_AGO})`
  const before = lastWeek(signIn.successes)
  const enough = `and ${before} >= ${floor}`
  const about = {
    alert: 'AuthwatchSignInSuccessDrop',
    keepFiringFor: '10m',
    team: 'sre',
    view: 'events',
    summary: 'Far fewer people sign in than at this hour last week',
    description:
      '{{ $value | humanize }} sign-ins of {{ $labels.job }} succeeded in 15 minutes, far fewer than at this hour last week.',
    dashboard: DASHBOARD,
  } as const
  const lost = `${signIn.successes} < ${below} * ${before}\n${enough}`
  const tryOn = `and ${signIn.tried} >= ${below} * ${lastWeek(signIn.tried)}`
  const nothing = `${signIn.successes} < ${nothingBelow} * ${before}\n${enough}`
  return [
    { ...about, expr: `(\n${lost}\n${tryOn}\n)\nor\n(\n${nothing}\n)`, for: '10m', severity: 'critical' },
    { ...about, expr: lost, for: '15m', severity: 'warning' },
  ]
}

function rateLimited({ rateLimited: { share, floor } }: AlertPolicy): AlertRule {
  return {
    alert: 'AuthwatchSignInRateLimited',
    expr: `${signIn.rateLimited} / (300 * ${signIn.attempts} > 0) > ${share}\nand ${signIn.rateLimited} >= ${floor}`,
    for: '10m',
    keepFiringFor: '10m',
    severity: 'warning',
    team: 'sre',
    view: 'events',
    summary: 'The rate limiter refuses a large part of all sign-ins',
    description:
      '{{ $value | humanizePercentage }} of the sign-ins of {{ $labels.job }} are refused by the rate limiter.',
    dashboard: DASHBOARD,
  }
}

/** Yesterday and last week: a day that is quiet every week is no fault, nor is the day after it. */
function eventsMissing({ eventsFloor }: AlertPolicy): AlertRule {
  const had = (offset: string) =>
    `1800 * avg_over_time(${SERVER_EVENTS}[1h] offset ${offset}) >= ${eventsFloor}`
  return {
    alert: 'AuthwatchEventsMissing',
    expr: `${had('1d')}\nand ${had('1w')}\nunless avg_over_time(${SERVER_EVENTS}[30m]) > 0`,
    for: '15m',
    severity: 'warning',
    team: 'sre',
    view: 'events',
    summary: 'A server reports no authentication events at all any more',
    description:
      'Server {{ $labels.server }} reported nothing for half an hour; at this hour yesterday it was {{ $value | humanize }} events in that time.',
    dashboard: `${DASHBOARD}&var-server={{ $labels.server }}`,
  }
}

const eventsDropped: AlertRule = {
  alert: 'AuthwatchEventsDropped',
  expr: 'max by (job, server) (increase(authwatch_auth_events_dropped_total[15m])) > 0',
  keepFiringFor: '10m',
  severity: 'warning',
  team: 'sre',
  view: 'events',
  summary: 'A server gives up authentication events, so counts are too low',
  description: 'Server {{ $labels.server }} gave up {{ $value | humanize }} events in 15 minutes.',
  dashboard: `${DASHBOARD}&var-server={{ $labels.server }}`,
}
