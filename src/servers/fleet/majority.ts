export interface Majority {
  /** Who is in the largest group; empty when several are equally large, so that none can be called right. */
  readonly agreed: readonly string[]
  /** Who is outside it, or everyone when there is none. */
  readonly odd: readonly string[]
}

/** Splits names by the value each is given: the largest group of equals against all others. */
export function majority(values: ReadonlyMap<string, string>): Majority {
  const groups = new Map<string, string[]>()
  for (const [name, value] of values) groups.set(value, [...(groups.get(value) ?? []), name])
  const [largest = [], second = []] = [...groups.values()].toSorted((a, b) => b.length - a.length)
  const agreed = largest.length > second.length ? largest : []
  return { agreed, odd: [...values.keys()].filter((name) => !agreed.includes(name)) }
}
