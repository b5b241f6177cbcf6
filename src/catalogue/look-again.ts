import { type Duration, seconds } from './duration.ts'
import type { State } from './result.ts'

/**
 * How soon a check that failed, or could not look, is looked at again, however seldom it is run while it passes. An
 * alert must not outlast its cause by six hours because the check is dear.
 */
export const LOOK_AGAIN: Duration = '5m'

/** The time between runs of a check that is run at this interval while it passes. */
export function everyWhileUnwell(every: Duration): Duration {
  return seconds(every) > seconds(LOOK_AGAIN) ? LOOK_AGAIN : every
}

/** The same for a reader: `every 6h, 5m while it fails`. */
export function howOften(every: Duration): string {
  const unwell = everyWhileUnwell(every)
  return unwell === every ? `every ${every}` : `every ${every}, ${unwell} while it fails`
}

/** Whether a verdict is one to look at again soon. One that does not apply here does not apply in five minutes. */
export function isUnwell(state: State): boolean {
  return state === 'fail' || state === 'error'
}
