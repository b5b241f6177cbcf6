import { applicationFaults } from './application-faults.ts'
import type { Fault } from './fault.ts'
import type { Random } from './random.ts'
import { redisFaults } from './redis-faults.ts'
import { stateFaults } from './state-faults.ts'
import { workerFaults } from './worker-faults.ts'
import type { World } from './world.ts'

export const faults: readonly Fault[] = [
  ...workerFaults,
  ...redisFaults,
  ...stateFaults,
  ...applicationFaults,
]

/** How often something else is broken at the same time. */
const TWO_AT_ONCE = 0.5

export interface Deck {
  /** One fault or two of different families. Each comes once before any comes again. */
  deal(world: World): readonly Fault[]
  /** What could not be made, with the reason. */
  readonly missing: ReadonlyMap<string, string>
}

export function deckOf(random: Random): Deck {
  const missing = new Map<string, string>()
  let left: Fault[] = []
  const next = (world: World, isMeant: (fault: Fault) => boolean): Fault | undefined => {
    const index = left.findIndex(isMeant)
    const [fault] = index < 0 ? [] : left.splice(index, 1)
    const why = fault?.missing?.(world)
    if (fault === undefined || why === undefined) return fault
    missing.set(fault.name, why)
    return next(world, isMeant)
  }
  return {
    missing,
    deal(world) {
      if (left.length === 0) left = [...random.shuffled(faults)]
      const first = next(world, () => true)
      // All that was left cannot be made here.
      if (first === undefined) return this.deal(world)
      if (random.unit() >= TWO_AT_ONCE) return [first]
      const second = next(world, ({ family }) => family !== first.family)
      return second === undefined ? [first] : [first, second]
    },
  }
}
