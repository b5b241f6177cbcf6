import { INTERVAL_MS } from './watched.ts'

/** As promised: a result older than three intervals and half a minute is an error. */
export const STALE_MS = 3 * INTERVAL_MS + 30_000
