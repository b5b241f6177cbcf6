import type { Config } from '../config/load.ts'
import { grantsSql } from '../database/grants.ts'
import { openTargets } from '../run/open-target.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

export interface GrantsOptions {
  readonly database: string | undefined
  readonly role: string
  readonly schema: string
}

const TIMEOUT_MS = 10_000

/** `authwatch grants`: prints the SQL of a role that may read what the checks need, and no secret. Runs none of it. */
export async function grants(config: Config, options: GrantsOptions, terminal: Terminal): Promise<void> {
  const named = config.databases.filter(
    ({ name }) => options.database === undefined || name === options.database,
  )
  const [database, ...others] = named
  if (database === undefined) throw new UsageError(`no database is named ${options.database}`)
  if (others.length > 0) {
    throw new UsageError(
      `several databases are configured; name one: ${named.map(({ name }) => name).join(', ')}`,
    )
  }
  await using targets = openTargets([{ ...database, policy: config.policy, clock: Date.now }])
  const [target] = targets
  const names = await target!.database.transaction(TIMEOUT_MS, (reader) => target!.names(reader))
  terminal.out(grantsSql(names, { role: options.role, viewSchema: options.schema }))
}
