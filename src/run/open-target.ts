import type { Policy } from '../catalogue/policy.ts'
import { connectApplicationDatabase, type Reader } from '../database/connect.ts'
import { inspect } from '../database/inspect.ts'
import { type NameOverrides, type Names, resolveNames } from '../database/names.ts'
import type { Target } from './target.ts'

/** How long names are remembered. A migration is seen after this, or at once when a statement trips over it. */
const REMEMBER_NAMES_MS = 30_000

export interface TargetOptions {
  readonly name: string
  readonly url: string
  readonly policy: Policy
  readonly overrides: NameOverrides
  /** Ids of users that are left out of every count. */
  readonly canaries?: readonly string[]
  readonly clock: () => number
}

/** Prisma keeps the schema in its URL; who sets it there means it. */
function schemaInUrl(url: string): string | undefined {
  return URL.canParse(url) ? (new URL(url).searchParams.get('schema') ?? undefined) : undefined
}

/** A target whose database is not yet connected: the first check does that. Whoever opens it disposes it. */
export function openTarget(options: TargetOptions): Target & AsyncDisposable {
  const database = connectApplicationDatabase(options.url)
  const overrides = { ...options.overrides, schema: options.overrides.schema ?? schemaInUrl(options.url) }
  const inspected = { tables: Object.values(overrides.tables ?? {}), schema: overrides.schema }
  let remembered: { readonly names: Names; readonly until: number } | undefined
  const names = async (reader: Reader): Promise<Names> => {
    if (remembered !== undefined && options.clock() < remembered.until) return remembered.names
    const found = resolveNames(await inspect(reader, inspected), overrides)
    remembered = { names: found, until: options.clock() + REMEMBER_NAMES_MS }
    return found
  }
  return {
    name: options.name,
    policy: options.policy,
    database,
    names,
    forgetNames: () => {
      remembered = undefined
    },
    canaries: async () => options.canaries ?? [],
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** All targets of a configuration, closed together. */
export function openTargets(
  options: readonly TargetOptions[],
): readonly (Target & AsyncDisposable)[] & AsyncDisposable {
  const targets = options.map(openTarget)
  const close = async () => {
    await Promise.all(targets.map((target) => target[Symbol.asyncDispose]()))
  }
  return Object.assign(targets, { [Symbol.asyncDispose]: close })
}
