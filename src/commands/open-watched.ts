import type { ServerAddress } from '../catalogue/fleet.ts'
import type { CheckId } from '../catalogue/naming.ts'
import type { Result } from '../catalogue/result.ts'
import type { Config } from '../config/load.ts'
import type { ShownCheck } from '../metrics/current-results.ts'
import { openProbeMetrics, type ProbeMetrics } from '../metrics/probe-metrics.ts'
import type { WaiverBook } from '../results/waiver-book.ts'
import { probeTargets } from '../run/open-fleet.ts'
import { runProbe } from '../run/run-probe.ts'
import { runUnit } from '../run/run-unit.ts'
import { planUnits, type Unit } from '../scan/plan.ts'
import type { SharedClock } from '../schedule/shared-clock.ts'
import { openPlaces } from './open-places.ts'

/** The databases and servers of a configuration, and how to look at them. */
export interface Watched extends AsyncDisposable {
  /** Their names. */
  readonly databases: readonly string[]
  readonly servers: readonly ServerAddress[]
  /** What the probes that `execute` ran have met. */
  readonly probes: ProbeMetrics
  readonly units: readonly Unit[]
  readonly targetsOf: (check: Pick<ShownCheck, 'kind' | 'scope'>) => readonly string[]
  readonly targetsOfUnit: (unit: Unit) => readonly string[]
  /** Does the work when a unit may look at its target: databases have few connections, and long checks take turns. */
  readonly inTurn: <T>(unit: Unit, target: string, work: () => Promise<T>) => Promise<T>
  /** Runs a unit on one of its targets, by the target's name. */
  readonly execute: (unit: Unit, target: string) => Promise<readonly Result[]>
}

/** What a worker watches. Nothing is connected before the first run; disposing it closes every connection. */
export function openWatched(options: {
  readonly config: Config
  readonly clock: SharedClock
  readonly waivers: Pick<WaiverBook, 'keysOf'>
}): Watched {
  const { config, clock, waivers } = options
  const places = openPlaces(config, clock.now)
  const { targets, fleet } = places
  const databases = targets.map(({ name }) => name)
  const byName = new Map(targets.map((target) => [target.name, target]))
  const target = (name: string) => byName.get(name)!
  const targetsOf: Watched['targetsOf'] = ({ kind, scope }) =>
    kind === 'probe' ? probeTargets({ scope: scope ?? 'server' }, fleet) : databases
  const probes = openProbeMetrics()
  const execute: Watched['execute'] = async (unit, name) => {
    if (unit.kind === 'probe') {
      const [check] = unit.checks
      const waived = waivers.keysOf({ check: check.id, target: name })
      return [
        await runProbe(check, { target: name, fleet, clock: clock.now, onStep: probes.observe, waived }),
      ]
    }
    const waived = (check: CheckId) => waivers.keysOf({ check, target: name })
    return runUnit(unit, { target: target(name), clock: clock.now, waived })
  }
  return {
    ...{ databases, servers: fleet.servers, probes, targetsOf, execute },
    inTurn: (unit, name, work) => (unit.kind === 'probe' ? work() : target(name).turns.take(unit.id, work)),
    units: planUnits(config.checks),
    targetsOfUnit: (unit) => targetsOf(unit.checks[0]!),
    [Symbol.asyncDispose]: () => places[Symbol.asyncDispose](),
  }
}
