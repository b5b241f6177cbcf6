import type { Alarms } from './alarm.ts'
import type { World } from './world.ts'

/** One fault, and what must come of it. */
export interface FaultCase {
  /** `F03`, with a letter more where a fault comes in several kinds. */
  readonly id: string
  readonly title: string
  /** Whom it calls, and about what; nobody else, and about nothing else. */
  readonly expected: Alarms
  /** What may be told beside it, as `receiver: alarm`: what is caught by it differs from time to time. */
  readonly may?: RegExp
  /**
   * Whether it restarts servers. That takes seconds, which would be minutes at this speed: Prometheus does not look
   * until each check has been run after it.
   */
  readonly restarts?: boolean
  /** How long all of the expected may take, in milliseconds. */
  readonly withinMs?: number
  /** How long to wait for what must not come, in milliseconds. */
  readonly holdMs?: number
  on(world: World): Promise<void>
  off(world: World): Promise<void>
}
