import type { Config } from '../config/load.ts'
import { openFleet, signingKeysOf } from '../run/open-fleet.ts'
import { openTargets } from '../run/open-target.ts'
import type { Fleet } from '../run/run-probe.ts'
import type { Target } from '../run/target.ts'
import { targetOptions } from './target-options.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

/** The databases and servers of a configuration, opened for one diagnosis. */
export interface DiagnosisPlaces extends AsyncDisposable {
  readonly targets: readonly Target[]
  readonly fleet: Fleet
}

/** Opens what is configured; nothing is connected before it is asked. */
export function openPlaces(config: Config): DiagnosisPlaces {
  const targets = openTargets(targetOptions(config, Date.now))
  const { policy } = config
  const fleet = openFleet({
    ...config.fleet,
    policy,
    signingKeys: signingKeysOf(targets),
    version: version(),
  })
  const close = async () => {
    await Promise.all([targets[Symbol.asyncDispose](), fleet[Symbol.asyncDispose]()])
  }
  return { targets, fleet, [Symbol.asyncDispose]: close }
}

/** The database that is meant. Throws UsageError when it is not there, or when several could be meant. */
export function targetNamed({ targets }: DiagnosisPlaces, name: string | undefined): Target {
  const [target, ...others] = targets.filter((each) => name === undefined || each.name === name)
  if (target === undefined) throw new UsageError(`no database is named ${name}`)
  if (others.length === 0) return target
  const names = targets.map((each) => each.name).join(', ')
  throw new UsageError(`several databases are configured; name one with --database: ${names}`)
}
