import type { Policy } from '../catalogue/policy.ts'
import { connectApplicationDatabase } from '../database/connect.ts'
import { findUsers } from '../database/find-users.ts'
import { inspect } from '../database/inspect.ts'
import type { NameOverrides } from '../database/names.ts'
import { resolveNames } from '../database/resolve-names.ts'
import { rememberedNames } from './remembered-names.ts'
import type { Target } from './target.ts'
import { turns } from './turns.ts'

const REMEMBER_CANARIES_MS = 30_000

export interface TargetOptions {
  readonly name: string
  readonly url: string
  readonly policy: Policy
  readonly overrides: NameOverrides
  /** E-mail addresses of the users that authwatch itself signs in with; they are left out of every count. */
  readonly canaryEmails?: readonly string[]
  readonly clock: () => number
  /** The most connections to its database that are open at a time. */
  readonly connections?: number
  /** How long its connections are kept between checks, in milliseconds. */
  readonly idleMs?: number
  /** A standby that is further behind its primary, in milliseconds, is not judged. */
  readonly replayLagLimitMs?: number
}

/** Prisma keeps the schema in its URL; who sets it there means it. */
function schemaInUrl(url: string): string | undefined {
  return URL.canParse(url) ? (new URL(url).searchParams.get('schema') ?? undefined) : undefined
}

/** Looks the canaries up by address, and remembers them for a while. */
function canaryIds({ canaryEmails = [], clock }: TargetOptions): Target['canaries'] {
  let remembered: { readonly ids: readonly string[]; readonly until: number } | undefined
  return async (reader, names) => {
    if (canaryEmails.length === 0) return []
    if (remembered !== undefined && clock() < remembered.until) return remembered.ids
    const ids = await findUsers(reader, names, canaryEmails)
    remembered = { ids, until: clock() + REMEMBER_CANARIES_MS }
    return ids
  }
}

/** A target whose database is not yet connected: the first check does that. Whoever opens it disposes it. */
export function openTarget(options: TargetOptions): Target & AsyncDisposable {
  const database = connectApplicationDatabase(options.url, options)
  const overrides = { ...options.overrides, schema: options.overrides.schema ?? schemaInUrl(options.url) }
  const inspected = { tables: Object.values(overrides.tables ?? {}), schema: overrides.schema }
  const { names, forget } = rememberedNames(options.clock, async (reader) =>
    resolveNames(await inspect(reader, inspected), overrides),
  )
  return {
    name: options.name,
    policy: options.policy,
    database,
    turns: turns(database.connections),
    names,
    forgetNames: forget,
    canaries: canaryIds(options),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** Many databases are seldom on as many servers: kept open, their connections would be all that a server has. */
const MANY = 50
const IDLE_OF_MANY_MS = 5_000

/** All targets of a configuration, closed together. */
export function openTargets(
  options: readonly TargetOptions[],
): readonly (Target & AsyncDisposable)[] & AsyncDisposable {
  const idle = options.length > MANY ? { idleMs: IDLE_OF_MANY_MS } : {}
  const targets = options.map((each) => openTarget({ ...idle, ...each }))
  const close = async () => {
    await Promise.all(targets.map((target) => target[Symbol.asyncDispose]()))
  }
  return Object.assign(targets, { [Symbol.asyncDispose]: close })
}
