import { type Check, isDatabaseCheck } from '../catalogue/check.ts'
import { alertName } from '../catalogue/naming.ts'
import type { Result } from '../catalogue/result.ts'
import type { Config } from '../config/load.ts'
import type { Diagnosis } from '../diagnose/diagnosis.ts'
import type { Surroundings } from '../diagnose/looks/at-check.ts'
import { type AlertQuestion, alertDiagnosis, knownAlerts } from '../diagnose/questions/alert.ts'
import { probeTargets } from '../run/open-fleet.ts'
import { probeNow } from '../run/probe-now.ts'
import { FLEET } from '../run/run-probe.ts'
import { catalogue } from './catalogue.ts'
import { runChecks } from './check.ts'
import type { Places } from './open-places.ts'
import { UsageError } from './terminal/usage-error.ts'
import { workerClient } from './worker-client.ts'

const NAMES_MS = 5_000

export interface AlertComplaint {
  /** Name of the alert, or id of its check. */
  readonly name: string
  /** Each `label=value`. */
  readonly labels: readonly string[]
}

/** The steps for an alert, with the checks of this configuration. Throws UsageError for an alert that there is not. */
export async function diagnoseAlert(
  config: Config,
  places: Places,
  complaint: AlertComplaint,
): Promise<Diagnosis> {
  return alertDiagnosis(await alertQuestion(config, places, complaint))
}

export async function alertQuestion(
  config: Config,
  places: Places,
  { name, labels }: AlertComplaint,
): Promise<AlertQuestion> {
  const known = knownAlerts(catalogue)
  const byId = catalogue.find(({ id }) => id === name)
  const meant =
    byId === undefined ? known.find((each) => each.toLowerCase() === name.toLowerCase()) : alertName(byId.id)
  if (meant === undefined) throw noSuchAlert(name, known)
  const worker = workerClient(config)
  return {
    name: meant,
    labels: parseLabels(labels),
    own: catalogue.find(({ id }) => alertName(id) === meant)?.id,
    catalogue: config.checks,
    run: (check, only) => runCheck(check, only, places),
    around: await surroundings(places),
    backends: {
      targets: places.targets,
      stateUrl: config.state.url,
      redisUrl: config.redisUrl,
      notReady: worker.notReady,
      clock: Date.now,
    },
    metrics: worker.metrics,
  }
}

function noSuchAlert(name: string, known: readonly string[]): UsageError {
  const word = name.toLowerCase().replace(/^authwatch/, '')
  const near = known.filter((each) => word !== '' && each.toLowerCase().includes(word)).slice(0, 5)
  const hint = near.length === 0 ? 'alerts/README.md lists them' : `did you mean ${near.join(', ')}?`
  return new UsageError(`no such alert: ${name}; ${hint}`)
}

function parseLabels(labels: readonly string[]): Readonly<Record<string, string>> {
  const pairs = labels.map((label) => {
    const [, name, value] = /^([a-z_]\w*)="?([^"]*)"?$/i.exec(label) ?? []
    if (name === undefined || value === undefined)
      throw new UsageError(`a label looks like server=crm-a, not ${label}`)
    return [name, value] as const
  })
  return Object.fromEntries(pairs)
}

/** On all its databases or servers, or on the one that is named, if it is there. */
async function runCheck(
  check: Check,
  only: string | undefined,
  { targets, fleet }: Places,
): Promise<readonly Result[]> {
  if (isDatabaseCheck(check)) {
    const named = targets.filter(({ name }) => name === only)
    return runChecks([check], named.length > 0 ? named : targets)
  }
  const all = probeTargets(check, fleet)
  const chosen = only !== undefined && only !== FLEET && all.includes(only) ? [only] : all
  return Promise.all(chosen.map((target) => probeNow(check, { target, fleet })))
}

/** Names are needed for statements alone: a database that cannot be read has none, and its own step says so. */
async function surroundings({ targets }: Places): Promise<Surroundings> {
  const asOf = new Date()
  const read = await Promise.allSettled(
    targets.map(async (target) => {
      const names = await target.database.transaction(NAMES_MS, (reader) => target.names(reader))
      return [target.name, { names, policy: target.policy, asOf }] as const
    }),
  )
  const known = new Map(read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])))
  return (target) => known.get(target)
}
