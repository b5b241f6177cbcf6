import type { Duration } from './duration.ts'

/** When a count is high enough to be judged at all, and when it is out of proportion. */
export interface SpikePolicy {
  /** Standard deviations above what was expected: beyond the noise. */
  readonly sigmas: number
  /** Times what was expected: where much happens, many deviations are still little. */
  readonly factor: number
  /** Rejections in 5 minutes: where little happens, three typing errors are already many deviations. */
  readonly floor: number
  /** Rejections in 5 minutes that are a fault while nobody knows yet what to expect. */
  readonly floorWithoutBaseline: number
  /** Rejections in 5 minutes that the probes of one server may cause: they too show what has to be refused. */
  readonly probedPerServer: number
}

/** What a deployment decides about its alerts beside the thresholds of checks. Each default lives here only. */
export interface AlertPolicy {
  /** Prometheus' `job` of the workers: without it nobody can tell that all of them are gone. */
  readonly job: string
  /** Where the runbook is read. Each alert and board links to a heading there. */
  readonly runbookUrl: string
  /** Where Grafana is, without a slash at its end. Empty: alerts link to boards by their path alone. */
  readonly grafanaUrl: string
  /** Share of sign-ins that may fail by the server's fault over 30 days: 1 minus the objective. */
  readonly signInErrorBudget: number
  /** Failed sign-ins in the longer window below which no budget is judged: one of three is no outage. */
  readonly signInErrorFloor: number
  /** Share of the time in which a server's sign-in may fail the probes over 30 days. */
  readonly probeErrorBudget: number
  readonly successDrop: {
    /** Share of last week's successes below which too many are missing. */
    readonly below: number
    /** Share below which nothing worth mentioning gets through. */
    readonly nothingBelow: number
    /** Successes in 15 minutes of last week's hour below which it says nothing. */
    readonly floor: number
  }
  readonly spike: SpikePolicy
  /**
   * More accounts tried than expected, for each rejection more than expected. Stuffing tries each account few times,
   * brute force few accounts many times; between the two only the spike is reported.
   */
  readonly accountsPerRejection: { readonly stuffing: number; readonly bruteForce: number }
  readonly rateLimited: {
    /** Share of sign-ins. */
    readonly share: number
    /** Sign-ins refused by the limiter in 5 minutes. */
    readonly floor: number
  }
  /** Events in 30 minutes, yesterday and last week, below which silence says nothing. */
  readonly eventsFloor: number
  /** How long a job may wait in the queue; a worker runs it by itself after 5 s, so this is the queue's own fault. */
  readonly queueWaiting: Duration
  /** How long nothing at all may be run; the shortest interval of a check is a minute or less. */
  readonly nothingRan: Duration
  /** Seconds by which a worker's clock may differ from the one the workers share. */
  readonly clockOffset: number
}

/**
 * The factors of a spike are those of anomaly detection by standard deviation, with room for daily unrest; the
 * objectives allow 3.6 hours a month.
 */
export const defaultAlertPolicy: AlertPolicy = {
  job: 'authwatch',
  runbookUrl: 'https://github.com/authwatch/authwatch/blob/main/alerts/README.md',
  grafanaUrl: '',
  signInErrorBudget: 0.005,
  signInErrorFloor: 10,
  probeErrorBudget: 0.005,
  successDrop: { below: 0.5, nothingBelow: 0.05, floor: 20 },
  spike: { sigmas: 6, factor: 3, floor: 30, floorWithoutBaseline: 100, probedPerServer: 50 },
  accountsPerRejection: { stuffing: 0.2, bruteForce: 0.05 },
  rateLimited: { share: 0.3, floor: 30 },
  eventsFloor: 20,
  queueWaiting: '2m',
  nothingRan: '10m',
  clockOffset: 30,
}
