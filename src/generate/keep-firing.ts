import type { Check } from '../catalogue/check.ts'
import { type Duration, seconds } from '../catalogue/duration.ts'
import { everyWhileUnwell } from '../catalogue/look-again.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'
import { effectsOf } from './inhibitions.ts'

/** One good answer of several does not end it. */
const SHORTEST_MINUTES = 5

/**
 * How long the alert of a probe outlasts the last look that found it. The effects of a cause are looked at again up to
 * one of their intervals after it, and would call somebody when it is all over: so a cause outlasts its effects.
 */
export function keepFiringFor(check: ProbeCheck, checks: readonly Check[]): Duration {
  return `${minutesFor(check, checks)}m`
}

/** Ends, as no probe is its own effect by way of others. */
function minutesFor(check: ProbeCheck, checks: readonly Check[]): number {
  const longerThanEffects = effectsOf(check.id, checks).map((effect) => {
    const untilSeen = seconds(everyWhileUnwell(effect.every)) + seconds(effect.timeout)
    return minutesFor(effect, checks) + Math.ceil(untilSeen / 60)
  })
  return Math.max(SHORTEST_MINUTES, ...longerThanEffects)
}
