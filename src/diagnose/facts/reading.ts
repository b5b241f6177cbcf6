import { z } from 'zod'
import type { Policy } from '../../catalogue/policy.ts'
import type { Table } from '../../catalogue/tables.ts'
import type { Reader } from '../../database/connect.ts'
import { DatabaseError } from '../../database/errors.ts'
import type { Names } from '../../database/names.ts'
import { NotHere } from '../../database/scope.ts'
import { type RowsWanted, selectRows } from '../../database/select-rows.ts'
import { type Spelling, spelling } from '../../database/spelling.ts'
import type { Target } from '../../run/target.ts'
import { couldNotLook } from '../could-not-look.ts'
import type { Look } from '../diagnosis.ts'

/** Each statement of a diagnosis; all of them find their rows by an index. */
const TIMEOUT_MS = 5_000

/** One read-only look at the database: one snapshot, one instant. */
export interface Reading {
  readonly reader: Reader
  readonly names: Names
  /** The database's clock. */
  readonly now: Date
  readonly policy: Policy
  readonly spell: Spelling
}

/** What a look at rows needs beside them. */
export type Around = Pick<Reading, 'now' | 'policy' | 'spell'>

/** What was read, or why it could not be: a table or column that is not there, or that the role may not read. */
export type Part<T> = { readonly value: T } | { readonly missing: Look }

/** Reads in one transaction that can write nothing. Throws DatabaseError when the database cannot be read at all. */
export function readDatabase<T>(target: Target, read: (reading: Reading) => Promise<T>): Promise<T> {
  return target.database.transaction(TIMEOUT_MS, async (reader) => {
    const names = await target.names(reader)
    return read({ reader, names, now: reader.now, policy: target.policy, spell: spelling(names) })
  })
}

/** Rows of a table, each as the schema says. */
export async function readRows<T extends Table, S extends z.ZodType>(
  reading: Reading,
  schema: S,
  wanted: RowsWanted<T>,
): Promise<readonly z.infer<S>[]> {
  return z.array(schema).parse(await selectRows(reading, wanted))
}

/** Reads what the deployment may lack. Throws what is a fault of the database. */
export async function readPart<T>(read: () => Promise<T>): Promise<Part<T>> {
  try {
    return { value: await read() }
  } catch (cause) {
    // Both come before a statement is sent: the transaction goes on.
    if (cause instanceof NotHere || cause instanceof DatabaseError) return { missing: couldNotLook(cause) }
    throw cause
  }
}

/** The look at a part: what is said of its value, or why there is none. */
export function lookAt<T>(part: Part<T>, look: (value: T) => Look | undefined): Look | undefined {
  return 'missing' in part ? part.missing : look(part.value)
}

/** The value, or another where there is none. */
export function valueOr<T>(part: Part<T>, otherwise: NoInfer<T>): T {
  return 'missing' in part ? otherwise : part.value
}
