import { z } from 'zod'
import { defaultAlertPolicy } from '../catalogue/alert-policy.ts'
import { seconds } from '../catalogue/duration.ts'
import { duration, hasNoCredentials, httpUrl } from './primitives.ts'

const { successDrop, spike, accountsPerRejection, rateLimited, ...single } = defaultAlertPolicy

const count = z.number().min(0)
const share = z.number().min(0).max(1)
/** A budget of nothing burns at an infinite rate, and one of everything never. */
const budget = z.number().gt(0, 'more than 0').lt(1, 'less than 1: 0.005 is an objective of 99.5 %')
const times = z.number().gt(0, 'more than 0')

/** Beyond a day an alert would wait for longer than anybody would. */
const patience = duration.refine((value) => seconds(value) >= 60 && seconds(value) <= 86_400, 'from 1m to 1d')

/** It stands between quotes in PromQL. */
const job = z.string().regex(/^[\w./:-]{1,100}$/, 'use letters, digits, "_", ".", "/", ":", "-"')

/** `alerts:` of the file: what a deployment decides about its alerts. Every default is in `catalogue/alert-policy.ts`. */
export const alertPolicy = z
  .strictObject({
    job: job.default(single.job).describe("Prometheus' `job` of the workers."),
    runbookUrl: httpUrl.default(single.runbookUrl).describe('Where the runbook is read.'),
    grafanaUrl: z
      .string()
      .regex(
        /^(https?:\/\/\S*[^\s/])?$/,
        'a URL that begins with http:// or https:// and ends without a slash',
      )
      .refine(hasNoCredentials, 'without user and password: secrets do not belong in this file')
      .default(single.grafanaUrl)
      .describe('Where Grafana is; alerts link to its boards. Absent: by their path alone.'),
    signInErrorBudget: budget
      .default(single.signInErrorBudget)
      .describe("Share of sign-ins that may fail by the servers' fault over 30 days."),
    signInErrorFloor: count
      .default(single.signInErrorFloor)
      .describe('Failed sign-ins below which no budget is judged.'),
    probeErrorBudget: budget
      .default(single.probeErrorBudget)
      .describe("Share of time in which a server's sign-in probes may fail over 30 days."),
    successDrop: z
      .strictObject({
        below: share
          .default(successDrop.below)
          .describe("Share of last week's successes below which too many are missing."),
        nothingBelow: share
          .default(successDrop.nothingBelow)
          .describe('Share below which nothing worth mentioning gets through.'),
        floor: count
          .default(successDrop.floor)
          .describe('Successes in 15 minutes a week ago below which they say nothing.'),
      })
      .prefault({})
      .describe('When too few sign in.'),
    spike: z
      .strictObject({
        sigmas: times.default(spike.sigmas).describe('Standard deviations above what was expected.'),
        factor: times.default(spike.factor).describe('Times what was expected.'),
        floor: count.default(spike.floor).describe('Rejections in 5 minutes below which there is no spike.'),
        floorWithoutBaseline: count
          .default(spike.floorWithoutBaseline)
          .describe('The same while it is not known yet what to expect.'),
        probedPerServer: z
          .number()
          .min(0)
          .default(spike.probedPerServer)
          .describe('Added to it for each server that is probed: probes show what has to be refused.'),
      })
      .prefault({})
      .describe('When too many are rejected.'),
    accountsPerRejection: z
      .strictObject({
        stuffing: times
          .default(accountsPerRejection.stuffing)
          .describe('Accounts tried for each rejection from which on it is credential stuffing.'),
        bruteForce: times
          .default(accountsPerRejection.bruteForce)
          .describe('The same, below which it is brute force.'),
      })
      .refine(({ stuffing, bruteForce }) => bruteForce < stuffing, 'bruteForce must be below stuffing')
      .prefault({})
      .describe('What tells two attacks apart.'),
    rateLimited: z
      .strictObject({
        share: share.default(rateLimited.share).describe('Share of sign-ins that the limiter may refuse.'),
        floor: count
          .default(rateLimited.floor)
          .describe('Refused in 5 minutes, below which it says nothing.'),
      })
      .prefault({})
      .describe('When the limiter refuses too much.'),
    eventsFloor: count
      .default(single.eventsFloor)
      .describe('Events in 30 minutes, yesterday and last week, below which silence says nothing.'),
    queueWaiting: patience.default(single.queueWaiting).describe('How long a job may wait in the queue.'),
    nothingRan: patience.default(single.nothingRan).describe('How long nothing at all may be run.'),
    clockOffset: times
      .default(single.clockOffset)
      .describe("Seconds by which a worker's clock may differ from the others'."),
  })
  .prefault({})
  .describe('What `authwatch generate` writes into rules and boards.')
