import type { ClientBase } from 'pg'
import type { Seeded } from './seed.ts'

/** Rows of the demo's database that are wrong in one of the ways that the runbook describes. */
export interface Breakage {
  /** What is wrong now. */
  readonly sentence: string
  /** Id of the check that finds it. */
  readonly check: string
  apply(database: ClientBase, seeded: Seeded): Promise<void>
}

/** The breakages keep away from the clients that the demo's traffic uses: those come before this one. */
export const FIRST_SPARE_CLIENT = 10
