import type { Config } from '../config/load.ts'
import type { TargetOptions } from '../run/open-target.ts'

/** What a configuration says about each database it names. */
export function targetOptions(config: Config, clock: () => number): readonly TargetOptions[] {
  const { databases, policy, fleet } = config
  const { account } = fleet.canaries
  const canaryEmails = account === undefined ? [] : [account.email]
  return databases.map((database) => ({ ...database, policy, canaryEmails, clock }))
}
