import type { World } from '../full-world.ts'

/** A real failure, or success, and what it must be counted as. */
export interface Scenario {
  /** As a sentence. */
  readonly when: string
  /** `operation outcome reason` */
  readonly counts: string
  /** Prepares, and answers with the one thing that is to be counted. */
  prepare(world: World): Promise<() => Promise<unknown>>
}
