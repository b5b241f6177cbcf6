import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { isProbeCheck } from '../catalogue/check.ts'
import type { Result } from '../catalogue/result.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Config } from '../config/load.ts'
import { alertmanagerSteps } from '../doctor/alertmanager-steps.ts'
import { databaseSteps } from '../doctor/database-steps.ts'
import { prometheusSteps } from '../doctor/prometheus-steps.ts'
import { redisSteps } from '../doctor/redis-steps.ts'
import { stateSteps } from '../doctor/state-steps.ts'
import { failing, passed, type Step, skipped, unknown } from '../doctor/step.ts'
import { workerSteps } from '../doctor/worker-steps.ts'
import { ruleFiles } from '../generate/rule-files.ts'
import { openFleet } from '../run/open-fleet.ts'
import { openTargets } from '../run/open-target.ts'
import { FLEET } from '../run/run-probe.ts'
import { openStateOf } from './open-state.ts'
import { placesOfProbes, runProbes } from './probe.ts'
import { targetOptions } from './target-options.ts'
import { palette } from './terminal/colours.ts'
import { plainTable } from './terminal/plain-table.ts'
import { exitCodes, type Terminal } from './terminal/terminal.ts'
import { version } from './version.ts'
import { workerUrlOf } from './worker-client.ts'

export interface DoctorOptions {
  readonly json: boolean
  /** Base URLs; absent: not asked. */
  readonly prometheus: string | undefined
  readonly alertmanager: string | undefined
  /** Base URL of a worker; absent: as configured. */
  readonly worker: string | undefined
}

/** Probes that say whether the servers are there at all and agree about the time; the others are `probe`'s. */
const SERVER_PROBES: readonly string[] = ['server.not_answering', 'clock.skewed']

/** `authwatch doctor`: whether the deployment itself is in good health. Resolves with the exit code. */
export async function doctor(
  load: () => Config,
  options: DoctorOptions,
  terminal: Terminal,
): Promise<number> {
  const steps = await allSteps(load, options)
  if (options.json) terminal.out(`${JSON.stringify({ steps }, null, 2)}\n`)
  else terminal.out(`${stepsText(steps, terminal)}\n`)
  const fails = (severity: string) =>
    steps.some((step) => step.state === 'fail' && step.severity === severity)
  if (fails('critical')) return exitCodes.critical
  if (steps.some(({ state }) => state === 'unknown')) return exitCodes.couldNotLook
  return fails('warning') ? exitCodes.warning : exitCodes.pass
}

async function allSteps(load: () => Config, options: DoctorOptions): Promise<readonly Step[]> {
  let config: Config
  try {
    config = load()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [
      failing('config', 'critical', {
        seen: error.message,
        advice: '`authwatch config check` says the same',
      }),
    ]
  }
  const { prometheus, alertmanager } = options
  const parts = await Promise.all([
    [passed('config', `${config.file ?? 'the environment'}: ${config.checks.length} checks are on`)],
    databases(config),
    state(config),
    config.redisUrl === null
      ? [passed('queue.reach', 'the queue is in the state database')]
      : redisSteps(config.redisUrl),
    servers(config),
    worker(config, options.worker),
    prometheus === undefined
      ? [skipped('prometheus', '--prometheus <url> looks at its targets and rules')]
      : prometheusSteps(prometheus, { expected: expectedRules(config), job: config.alerts.job }),
    alertmanager === undefined
      ? [skipped('alertmanager', '--alertmanager <url> looks for the dead man’s switch')]
      : alertmanagerSteps(alertmanager),
  ])
  return parts.flat()
}

async function databases(config: Config): Promise<readonly Step[]> {
  await using targets = openTargets(targetOptions(config, Date.now))
  return (await Promise.all(targets.map(databaseSteps))).flat()
}

async function state(config: Config): Promise<readonly Step[]> {
  const { url, directory } = config.state
  if (url !== null) return await stateSteps(url)
  const made = await access(join(directory, 'postgres')).then(
    () => true,
    () => false,
  )
  // Looking must not make what is not there.
  if (!made) return [skipped('state.reach', `no worker has made the embedded PostgreSQL in ${directory} yet`)]
  await using opened = await openStateOf(config)
  return await stateSteps(opened.url)
}

async function servers(config: Config): Promise<readonly Step[]> {
  const { fleet: given, policy } = config
  if (given.servers.length === 0) return [skipped('servers', 'no servers are configured')]
  await using fleet = openFleet({ ...given, policy, signingKeys: undefined, version: version() })
  const probes = config.checks.filter(isProbeCheck).filter(({ id }) => SERVER_PROBES.includes(id))
  const targets = new Set(placesOfProbes(config))
  const results = await runProbes(probes, fleet, { targets, onDone: () => {} })
  return results.map(serverStep)
}

function serverStep({ check, target, verdict }: Result): Step {
  const id = `${check} ${target}`
  switch (verdict.state) {
    case 'pass':
      return passed(
        id,
        target === FLEET ? 'the clocks of the servers and of this machine agree' : 'it answers',
      )
    case 'fail': {
      const told = verdict.findings.map(({ key, detail }) => `${key}: ${detail.reason}`)
      const seen = `${verdict.summary} (${told.join(', ')})`
      return failing(id, verdict.severity, { seen, advice: '`authwatch probe` tells more' })
    }
    case 'error':
      return unknown(id, verdict.message, '`authwatch probe` tells more')
    case 'skipped':
      return skipped(id, verdict.reason)
  }
}

async function worker(config: Config, named: string | undefined): Promise<readonly Step[]> {
  const url = named ?? workerUrlOf(config)
  if (url !== null) return await workerSteps(url)
  return [skipped('worker', 'its port is chosen at the start; --worker <url> names one')]
}

function expectedRules({ checks, alerts }: Config): ReadonlyMap<string, readonly string[]> {
  const groups = ruleFiles(checks, alerts).flatMap((file) => file.groups)
  return new Map(
    groups.map(({ name, rules }) => [
      name,
      rules.map((rule) => ('alert' in rule ? rule.alert : rule.record)),
    ]),
  )
}

function stepsText(steps: readonly Step[], terminal: Terminal): string {
  const { green, red, yellow, cyan, dim, bold } = palette(terminal)
  const sign = (step: Step): string => {
    switch (step.state) {
      case 'pass':
        return green('✓')
      case 'skipped':
        return dim('–')
      case 'unknown':
        return red('?')
      case 'fail':
        return step.severity === 'critical' ? red('✗') : step.severity === 'warning' ? yellow('✗') : cyan('✗')
    }
  }
  const rows = steps.map((step) => {
    const severity = step.state === 'fail' ? step.severity : step.state === 'unknown' ? 'could not look' : ''
    const advice = 'advice' in step ? `\n${dim(`→ ${step.advice}`)}` : ''
    return [`${sign(step)} ${step.id}`, severity, `${step.seen}${advice}`]
  })
  return plainTable(
    ['step', '', 'seen'].map((word) => bold(word)),
    rows,
  )
}
