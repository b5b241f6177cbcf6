const LONGEST_MS = 60_000

/**
 * How long to wait before the next try, in milliseconds: twice as long after each failure, at most a minute, and
 * of that a random share from a half up, so that servers that lost the worker together do not return together.
 * @param failures how many there were in a row, from 1
 * @param random from 0 up to 1
 */
export function backoff({
  failures,
  intervalMs,
  random,
}: {
  readonly failures: number
  readonly intervalMs: number
  readonly random: number
}): number {
  const full = Math.min(LONGEST_MS, intervalMs * 2 ** Math.min(failures, 20))
  return full * (0.5 + random / 2)
}
