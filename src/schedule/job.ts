/** One run of one unit on one target that is due at one tick. Ids only: nothing in a queue is a secret or SQL. */
export interface Job {
  readonly target: string
  readonly unit: string
  /** Milliseconds since the epoch; a multiple of the unit's interval after the target's phase. */
  readonly tick: number
}

/** What may only run once at a time. */
export function subjectOfJob({ target, unit }: Pick<Job, 'target' | 'unit'>): string {
  return `${target}/${unit}`
}

/** The same on every worker, so that the queue keeps one job however many workers tick. */
export function jobId({ target, unit, tick }: Job): string {
  return `${target}_${unit}_${tick}`
}
