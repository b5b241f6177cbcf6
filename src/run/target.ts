import type { Policy } from '../catalogue/policy.ts'
import type { ApplicationDatabase, Reader } from '../database/connect.ts'
import type { Names } from '../database/names.ts'
import type { Turns } from './turns.ts'

/** One watched application: its database, its names, its rules. */
export interface Target {
  readonly name: string
  readonly database: ApplicationDatabase
  readonly turns: Turns
  readonly policy: Policy
  /** The deployment's names, read in this transaction or remembered from a recent one. */
  names(reader: Reader): Promise<Names>
  /** For when a statement found the schema changed. */
  forgetNames(): void
  /** Ids of the users that authwatch itself signs in with. */
  canaries(reader: Reader, names: Names): Promise<readonly string[]>
}
