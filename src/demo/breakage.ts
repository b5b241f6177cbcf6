import type { ClientBase } from 'pg'
import type { Seeded } from './seed.ts'

/** A fault put into the demo's database. */
export interface Breakage {
  readonly name: string
  /** What is wrong now. */
  readonly sentence: string
  apply(database: ClientBase, seeded: Seeded): Promise<void>
  /** What an operator would do about it. */
  repair(database: ClientBase, seeded: Seeded): Promise<void>
}

/** The breakages keep away from the clients that the demo's traffic uses: those come before this one. */
export const FIRST_SPARE_CLIENT = 10
