import type { Table } from '../catalogue/tables.ts'

/** Names the configuration gives where a deployment's own cannot be guessed. */
export interface NameOverrides {
  /** PostgreSQL schema; absent: the one that holds most of better-auth's tables, if the search path agrees. */
  readonly schema?: string | undefined
  /** Physical table name by logical table. */
  readonly tables?: Readonly<Partial<Record<Table, string>>> | undefined
  /** Physical column name by logical table and column. */
  readonly columns?: Readonly<Partial<Record<Table, Readonly<Record<string, string>>>>> | undefined
}

export interface ResolvedColumn {
  readonly name: string
  readonly type: string
  readonly readable: boolean
}

export interface ResolvedTable {
  readonly schema: string
  readonly name: string
  readonly isTable: boolean
  /** By logical name. */
  readonly columns: ReadonlyMap<string, ResolvedColumn>
  /** Physical columns that stand for facts of a secret column in a view: `key_digest` and the like, normalised. */
  readonly derived: ReadonlyMap<string, ResolvedColumn>
  readonly indexes: readonly { readonly columns: readonly string[]; readonly unique: boolean }[]
}

/** How this deployment spells better-auth's schema. */
export interface Names {
  readonly schema: string
  /** What is read: the tables, or the views over them that the role may select from. */
  readonly tables: ReadonlyMap<Table, ResolvedTable>
  /** The tables themselves, for questions about their shape; a view only where no table is seen behind it. */
  readonly base: ReadonlyMap<Table, ResolvedTable>
}
