import type { Config } from '../config/load.ts'
import { openFleet, signingKeysOf } from '../run/open-fleet.ts'
import { openTargets } from '../run/open-target.ts'
import type { Fleet } from '../run/run-probe.ts'
import type { Target } from '../run/target.ts'
import { targetOptions } from './target-options.ts'
import { version } from './version.ts'

/** The databases and servers of a configuration, to be looked at. Disposing it closes every connection. */
export interface Places extends AsyncDisposable {
  readonly targets: readonly Target[]
  readonly fleet: Fleet
}

/** Nothing is connected before it is asked. The clock tells milliseconds since the epoch. */
export function openPlaces(config: Config, clock: () => number = Date.now): Places {
  const targets = openTargets(targetOptions(config, clock))
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
