import { type Check, isDatabaseCheck } from '../../catalogue/check.ts'
import { groupBy } from '../../catalogue/group-by.ts'
import { alertName, type CheckId } from '../../catalogue/naming.ts'
import type { Result } from '../../catalogue/result.ts'
import { type Diagnosis, type Look, type Step, skipped } from '../diagnosis.ts'
import type { WorkerMetrics } from '../facts/worker-metrics.ts'
import { type Backends, lookAtBackend } from '../looks/at-backend.ts'
import { lookAtResults, type Surroundings } from '../looks/at-check.ts'
import { lookAtEvents, lookAtMetric } from '../looks/at-worker-metrics.ts'
import { alertPlans } from '../plans/alert-plans.ts'
import type { Planned } from '../plans/planned.ts'

export interface AlertQuestion {
  readonly name: string
  /** Labels of the alert: `server` and `target` narrow what is looked at, `check` and `probe` name it. */
  readonly labels: Readonly<Record<string, string>>
  /** Id of the check that the alert is named after, if it is. */
  readonly own: CheckId | undefined
  /** The checks that are not turned off. */
  readonly catalogue: readonly Check[]
  /** Runs a check now, on its databases or servers; on one of them where it is named. */
  readonly run: (check: Check, only: string | undefined) => Promise<readonly Result[]>
  readonly around: Surroundings
  readonly backends: Backends
  /** What the worker of this configuration exports; rejects when it does not answer. */
  readonly metrics: () => Promise<WorkerMetrics>
}

/** The alerts that can be diagnosed, in no order. */
export function knownAlerts(catalogue: readonly Check[]): readonly string[] {
  return [...new Set([...catalogue.map(({ id }) => alertName(id)), ...Object.keys(alertPlans)])]
}

/** What is behind this alert? Looks at the first causes in the order of the runbook. */
export function alertDiagnosis(question: AlertQuestion): Diagnosis {
  const { name, labels, own } = question
  const planned: readonly Planned[] = alertPlans[name] ?? (own === undefined ? [] : [{ check: own }])
  const said = Object.entries(labels).map(([label, value]) => `${label}=${value}`)
  return {
    title: `What is behind ${[name, ...said].join(' ')}?`,
    otherwise: `None of the first causes holds now. It may be over, or not be seen from here: alerts/README.md#${name.toLowerCase()}.`,
    steps: planned.flatMap((each) => stepsOf(each, question)),
  }
}

function stepsOf(planned: Planned, question: AlertQuestion): readonly Step[] {
  const { labels, backends, metrics } = question
  if ('check' in planned) return checkSteps(planned.check, question)
  if ('labelled' in planned) {
    const id = labels[planned.labelled] ?? labels.check
    if (id !== undefined) return checkSteps(id, question)
    return planned.labelled === 'check' ? [everyCheck(question)] : []
  }
  if ('backend' in planned) return lookAtBackend(planned.backend, backends)
  if ('metric' in planned) {
    const { question: text } = planned.metric
    return [
      { question: text, look: async () => lookAtMetric(planned.metric, await metrics(), question.name) },
    ]
  }
  if ('events' in planned) {
    const look = async () => lookAtEvents(planned.events, await metrics())
    return [{ question: 'What has the worker counted?', look }]
  }
  return [{ question: 'By hand:', look: () => skipped(planned.byHand) }]
}

function checkSteps(id: string, { catalogue, labels, run, around }: AlertQuestion): readonly Step[] {
  const check = catalogue.find((each) => each.id === id)
  if (check === undefined)
    return [
      {
        question: `${id}?`,
        look: () => skipped('there is no such check in this version, or it is turned off'),
      },
    ]
  const only = isDatabaseCheck(check) ? labels.target : labels.server
  const look = async () => lookAtResults(check, await run(check, only), around)
  return [{ question: `${check.title}?`, look }]
}

/** No check is named: all of the database, told as those that cannot look. */
function everyCheck({ catalogue, labels, run }: AlertQuestion): Step {
  return {
    question: 'Can every check of the database look?',
    look: async () => {
      const results = (
        await Promise.all(catalogue.filter(isDatabaseCheck).map((check) => run(check, labels.target)))
      ).flat()
      return lookAtErrors(results)
    },
  }
}

function lookAtErrors(results: readonly Result[]): Look {
  const errors = results.flatMap(({ check, verdict }) =>
    verdict.state === 'error' ? [{ check, said: `${verdict.code}: ${verdict.message}` }] : [],
  )
  if (errors.length === 0) return { sign: 'good', evidence: `yes, all ${results.length} runs` }
  const told = [...groupBy(errors, ({ said }) => said)].map(
    ([said, of]) =>
      `${of
        .slice(0, 3)
        .map(({ check }) => check)
        .join(', ')}${of.length > 3 ? ` and ${of.length - 3} more` : ''}: ${said}`,
  )
  return { sign: 'unknown', evidence: told.slice(0, 3).join('; ') }
}
