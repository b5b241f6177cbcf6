import type { Series } from '../events/series.ts'

/** Something that was tried, and what came of it. */
export interface AuthEvent extends Series {
  /** Undefined when nobody measured it. */
  readonly seconds: number | undefined
}

/** Who tried to sign in, sign up or reset a password. Neither is ever kept: see {@link DistinctSketch}. */
export interface Attempt {
  readonly account?: string | undefined
  readonly source?: string | undefined
}

/** Where events go. Must return at once, keep bounded memory, and not throw. */
export interface EventSink {
  count(event: AuthEvent): void
  /** Absent where distinct values are not counted; then nobody looks for them. */
  attempt?(attempt: Attempt): void
}
