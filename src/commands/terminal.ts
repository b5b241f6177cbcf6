import type { Environment } from '../config/environment.ts'

/** Everything a command may touch of the process it runs in. */
export interface Terminal {
  readonly env: Environment
  readonly cwd: string
  /** Results go here and nothing else, so that they can be piped. */
  out(text: string): void
  /** Progress and complaints. */
  err(text: string): void
  readonly colours: boolean
  readonly interactive: boolean
  /** Aborted when the operator or the system asks to stop. */
  readonly stop: AbortSignal
}

/** What scripts can rely on. */
export const exitCodes = { pass: 0, warning: 1, critical: 2, couldNotLook: 3, usage: 64, config: 78 } as const
