import { milliseconds } from '../catalogue/duration.ts'
import type { NameOverrides } from '../database/names.ts'
import { checkUrl, postgresUrl } from './check-url.ts'
import type { ConfigProblem } from './config-error.ts'
import type { FileConfig } from './schema.ts'
import type { Source } from './source.ts'

export interface DatabaseConfig {
  readonly name: string
  /** Secret. */
  readonly url: string
  /** Of a role that may change rows; null when none is configured. Secret. */
  readonly fixUrl: string | null
  /** The most that each worker opens. */
  readonly connections: number
  readonly replayLagLimitMs: number
  readonly overrides: NameOverrides
}

/** With several databases the one variable would lead to one of them only, whichever was meant. */
const FIX_VARIABLE = 'FIX_DATABASE_URL'

/** The databases of the file with their URLs from the environment. Faults are added to `problems`. */
export function readDatabases(
  given: FileConfig['databases'],
  options: {
    readonly read: (name: string) => string | undefined
    readonly source: Source
    readonly problems: ConfigProblem[]
  },
): readonly DatabaseConfig[] {
  const { read, source, problems } = options
  return given.map(({ name, urlEnv, fixUrlEnv, connections, replayLag, schema, tables, columns }, i) => {
    const where = source.where(['databases', i])
    const url = postgresUrl(read(urlEnv), urlEnv, problems, where) ?? ''
    const variable = fixUrlEnv ?? (given.length === 1 ? FIX_VARIABLE : undefined)
    const fixUrl = variable === undefined ? undefined : read(variable)
    if (variable !== undefined && fixUrl !== undefined) {
      checkUrl(fixUrl, variable, ['postgres:', 'postgresql:'], problems, where)
      if (fixUrl === url)
        problems.push({ where, path: variable, message: `the same URL as ${urlEnv}; use a role of its own` })
    }
    return {
      name,
      url,
      fixUrl: fixUrl ?? null,
      connections,
      replayLagLimitMs: milliseconds(replayLag),
      overrides: { schema, tables, columns } as NameOverrides,
    }
  })
}
