import { type Check, type DatabaseCheck, isDatabaseCheck, isProbeCheck } from '../catalogue/check.ts'
import { groupBy } from '../catalogue/group-by.ts'
import { detailOf, type Result } from '../catalogue/result.ts'
import type { Config } from '../config/load.ts'
import { runUnit } from '../run/run-unit.ts'
import type { Target } from '../run/target.ts'
import { planUnits } from '../scan/plan.ts'
import { openPlaces } from './open-places.ts'
import { placesOfProbes, runProbes } from './probe.ts'
import { checkTable, findingsText } from './terminal/check-table.ts'
import { palette } from './terminal/colours.ts'
import { exitCodeOf } from './terminal/exit-code.ts'
import { progress } from './terminal/progress.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'
import { printTraces } from './traces.ts'

export interface CheckOptions {
  readonly ids: readonly string[]
  readonly json: boolean
  readonly findings: boolean
}

/** All of the databases; probes, which act on servers, only where they are named. */
function chosen(checks: readonly Check[], ids: readonly string[]): readonly Check[] {
  const unknown = ids.filter(
    (id) => !checks.some((check) => check.id === id || check.id.startsWith(`${id}.`)),
  )
  if (unknown.length > 0) {
    throw new UsageError(`no such check: ${unknown.join(', ')}; \`authwatch list\` shows them`)
  }
  if (ids.length === 0) return checks.filter(isDatabaseCheck)
  return checks.filter((check) => ids.some((id) => check.id === id || check.id.startsWith(`${id}.`)))
}

/** Runs checks on targets now. Each target runs as many at a time as it may have connections. */
export async function runChecks(
  checks: readonly DatabaseCheck[],
  targets: readonly Target[],
  onDone: (done: number, of: number) => void = () => {},
): Promise<readonly Result[]> {
  const units = planUnits(checks)
  let done = 0
  const perTarget = targets.map(async (target) => {
    const runs = units.map((unit) =>
      target.turns.take(unit.id, async () => {
        const results = await runUnit(unit, { target, clock: Date.now })
        done += 1
        onDone(done, units.length * targets.length)
        return results
      }),
    )
    return (await Promise.all(runs)).flat()
  })
  return (await Promise.all(perTarget)).flat()
}

/** A database that cannot be looked at is one fault and not one for each check: its target, and what to say of it. */
function troubles(results: readonly Result[], terminal: Terminal): ReadonlyMap<string, string> {
  const { state } = palette(terminal)
  const said = [...groupBy(results, ({ target }) => target)].flatMap(([target, own]) => {
    const remarks = new Set(own.map(({ verdict }) => (verdict.state === 'error' ? detailOf(verdict) : null)))
    const [remark = null] = remarks
    if (own.length === 1 || remarks.size > 1 || remark === null) return []
    return [
      [target, `${state('error')}  none of ${own.length} checks could look at ${target}: ${remark}`] as const,
    ]
  })
  return new Map(said)
}

function report(
  checks: readonly Check[],
  results: readonly Result[],
  options: { readonly findings: boolean; readonly terminal: Terminal },
): string {
  const { terminal } = options
  const trouble = troubles(results, terminal)
  const looked = results.filter(({ target }) => !trouble.has(target))
  const table = looked.length === 0 ? [] : [checkTable(checks, looked, terminal)]
  const findings = options.findings ? findingsText(results, terminal) : ''
  const parts = [...table, ...(findings === '' ? [] : [findings]), ...trouble.values()]
  return [...parts, summary(results, terminal)].join('\n\n')
}

function summary(results: readonly Result[], terminal: Terminal): string {
  const { bold } = palette(terminal)
  const count = (test: (result: Result) => boolean) => results.filter(test).length
  const parts = [
    `${count(({ verdict }) => verdict.state === 'pass')} pass`,
    `${count(({ verdict }) => verdict.state === 'fail')} fail`,
    `${count(({ verdict }) => verdict.state === 'error')} could not look`,
    `${count(({ verdict }) => verdict.state === 'skipped')} skipped`,
  ]
  return bold(parts.join(', '))
}

async function lookAt(
  checks: readonly Check[],
  config: Config,
  terminal: Terminal,
): Promise<readonly Result[]> {
  const probes = checks.filter(isProbeCheck)
  const everywhere = probes.length > 0 ? placesOfProbes(config) : []
  await using places = openPlaces(config)
  using bar = progress('checks', terminal)
  const inside = await runChecks(checks.filter(isDatabaseCheck), places.targets, bar.update)
  const targets = new Set(everywhere)
  const outside = await runProbes(probes, places.fleet, { targets, onDone: bar.update })
  bar.finish()
  return [...inside, ...outside]
}

/** `authwatch check`: needs the application's database and nothing else; a probe, its servers. Resolves with the exit code. */
export async function check(config: Config, options: CheckOptions, terminal: Terminal): Promise<number> {
  const checks = chosen(config.checks, options.ids)
  const results = await lookAt(checks, config, terminal)
  printTraces(results, terminal)
  if (options.json) terminal.out(`${JSON.stringify({ results }, null, 2)}\n`)
  else terminal.out(`${report(checks, results, { findings: options.findings, terminal })}\n`)
  return exitCodeOf(results)
}
