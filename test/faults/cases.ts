import { demoCases } from './demo-cases.ts'
import type { FaultCase } from './fault-case.ts'
import { trafficCases } from './traffic-cases.ts'
import { watcherCases } from './watcher-cases.ts'

/** Every fault there is to be caught, by id. */
export const cases: readonly FaultCase[] = [...demoCases, ...trafficCases, ...watcherCases].toSorted((a, b) =>
  a.id.localeCompare(b.id),
)

/** @throws {RangeError} with the ids that there are, when one is not among them */
export function casesOf(ids: readonly string[]): readonly FaultCase[] {
  if (ids.length === 0) return cases
  const known = new Map(cases.map((each) => [each.id, each]))
  return ids.map((id) => {
    const found = known.get(id)
    if (found === undefined)
      throw new RangeError(`There is no fault ${id}. There are ${[...known.keys()].join(', ')}.`)
    return found
  })
}
