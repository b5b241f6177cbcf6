/**
 * What a worker's clock may be ahead of the database's. A row from further in the future was written by a clock that was
 * wrong, and must not hold up all workers until that future is here.
 */
export const MAX_CLOCK_LEAD = '1 minute'

/** PostgreSQL's jsonb refuses NUL and lone surrogates. */
const UNSTORABLE = /\0|\p{Surrogate}/gu

/** JSON that jsonb accepts, whatever a watched system put into the text. */
export function toJson(rows: readonly unknown[]): string {
  return JSON.stringify(rows, (_, value: unknown) =>
    typeof value === 'string' ? value.replace(UNSTORABLE, '\uFFFD') : value,
  )
}
