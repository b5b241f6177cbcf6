import type { Operation, Outcome, Reason } from './vocabulary.ts'

/** Raised when a worker that does not know of the change would count wrongly. */
export const BATCH_VERSION = 1

/** What a server's name looks like: it is a label value, and the configuration's name for that server. */
export const SERVER_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** Registers of a sketch of distinct values (HyperLogLog), a byte each: 2 to the power of {@link SKETCH_PRECISION}. */
export const SKETCH_PRECISION = 12

/**
 * What one process of a server has counted since its last batch: the body of `POST /ingest`, as JSON, gzipped.
 *
 * A batch is sent again, unchanged, until it is acknowledged; then the next one follows. So the worker knows by
 * source and sequence alone what it has counted before. Sequences of one source rise, but may leave numbers out.
 */
export interface Batch {
  readonly version: typeof BATCH_VERSION
  readonly server: string
  /** A UUID of this process's life. */
  readonly source: string
  /** When the process began, in milliseconds since 1970. To tell lives apart for a reader; nothing is ordered by it. */
  readonly epoch: number
  /** 1, 2, 3 … */
  readonly sequence: number
  /** At most one entry for each combination of operation, outcome and reason. */
  readonly counts: readonly Count[]
  /** Events that were counted and then given up, because a worker called their batch malformed. */
  readonly dropped: number
  /**
   * Accounts that sign-in, sign-up and reset were tried with, as base64 of the registers of a HyperLogLog. Absent
   * when there was none. The first 12 bits of a value's hash choose the register, which keeps the greatest position
   * (from 1) of the first 1 in the remaining 52. The hash is the first 64 bits of an HMAC-SHA256, whose key is
   * derived from the ingest token: nobody without the token can test whether an account is in it.
   */
  readonly accounts?: string
  /** The client addresses of the same attempts, in the same form. */
  readonly sources?: string
}

export interface Count {
  readonly operation: Operation
  readonly outcome: Outcome
  readonly reason: Reason
  /** Events. 0 announces a series, so that it starts at 0: the callbacks of the configured providers. */
  readonly count: number
  /**
   * How many of them took up to each of the bounds of `durationBuckets` and more than the one before, and at the
   * end how many took longer than all: not cumulative. Adds up to `count`, or to less where events have no
   * duration; empty when none has one.
   */
  readonly buckets: readonly number[]
  /** Seconds that the events in `buckets` took together. */
  readonly sum: number
}

/** What the worker answers to a batch that it has counted, now or before. */
export interface Applied {
  /** The sequence of that batch. */
  readonly applied: number
}
