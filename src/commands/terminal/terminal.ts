import type { Environment } from '../../config/environment.ts'

/** Everything a command may touch of the process it runs in. */
export interface Terminal {
  readonly env: Environment
  readonly cwd: string
  /** Results go here and nothing else, so that they can be piped. */
  out(text: string): void
  /** Progress and complaints. */
  err(text: string): void
  /** Asks whoever sits there. Rejects when nobody answers within two minutes. */
  ask(question: string): Promise<string>
  /** All of standard input. Rejects when it is longer than `limit` characters, or does not end within two minutes. */
  read(limit: number): Promise<string>
  readonly colours: boolean
  readonly interactive: boolean
  /** Aborted when the operator or the system asks to stop. */
  readonly stop: AbortSignal
}

/** What scripts can rely on. */
export const exitCodes = { pass: 0, warning: 1, critical: 2, couldNotLook: 3, usage: 64, config: 78 } as const
