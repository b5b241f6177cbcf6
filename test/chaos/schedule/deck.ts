import { applicationFaults } from './application-faults.ts'
import type { Fault } from './fault.ts'
import { queueFaults } from './queue-faults.ts'
import type { Random } from './random.ts'
import { redisFaults } from './redis-faults.ts'
import { stateFaults } from './state-faults.ts'
import { workerFaults } from './worker-faults.ts'
import type { World } from './world.ts'

export const faults: readonly Fault[] = [
  ...workerFaults,
  ...redisFaults,
  ...queueFaults,
  ...stateFaults,
  ...applicationFaults,
]

/** How often something else is broken at the same time. */
const TWO_AT_ONCE = 0.5

export interface Deck {
  /** One fault or two of different families. Each comes once before any comes again, as far as the world allows. */
  deal(world: World): readonly Fault[]
  /** What could not be made in any world, with the reason. */
  readonly missing: ReadonlyMap<string, string>
}

export function deckOf(random: Random): Deck {
  const missing = new Map<string, string>()
  const possible = new Set<string>()
  let left: readonly Fault[] = []
  const take = (world: World, isMeant: (fault: Fault) => boolean): Fault | undefined => {
    const taken = left.find((fault) => fault.missing?.(world) === undefined && isMeant(fault))
    left = left.filter((fault) => fault !== taken)
    return taken
  }
  return {
    missing,
    deal(world) {
      for (const { name, missing: why } of faults) {
        const reason = why?.(world)
        if (reason === undefined) possible.add(name)
        else if (!possible.has(name)) missing.set(name, reason)
      }
      for (const name of possible) missing.delete(name)
      const known = take(world, () => true)
      // What cannot be made here stays for another world.
      if (known === undefined)
        left = [...left, ...random.shuffled(faults.filter((each) => !left.includes(each)))]
      const first = known ?? take(world, () => true)
      if (first === undefined) throw new Error('Nothing can be broken here.')
      if (random.unit() >= TWO_AT_ONCE) return [first]
      const second = take(world, ({ family }) => family !== first.family)
      return second === undefined ? [first] : [first, second]
    },
  }
}
