/** A clock, by the seconds it is ahead of some common instant. */
export interface Clock {
  readonly ahead: number
}

/**
 * What most of the clocks say, as seconds ahead of that instant: the middle one of the largest group that agrees
 * within `tolerance` seconds. Undefined when groups of equal size disagree, so that none can be called right.
 */
export function clockConsensus(clocks: readonly Clock[], tolerance: number): number | undefined {
  const groups = clocks.map(({ ahead }) =>
    clocks.map((clock) => clock.ahead).filter((each) => Math.abs(each - ahead) <= tolerance),
  )
  const size = Math.max(...groups.map((group) => group.length))
  const middles = groups.filter((group) => group.length === size).map(middle)
  const apart = Math.max(...middles) - Math.min(...middles)
  return apart <= tolerance ? middle(middles) : undefined
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
