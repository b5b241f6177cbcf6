import { groupBy } from '../../catalogue/group-by.ts'

/** One cell of a credential matrix. */
export interface Judgement {
  readonly mintedOn: string
  readonly verifiedOn: string
  readonly accepted: boolean
}

export type Agreement =
  /** Every server judges alike, or there is nothing to compare. */
  | { readonly kind: 'agree' }
  | { readonly kind: 'odd'; readonly odd: readonly string[]; readonly majority: readonly string[] }
  /** No group is larger than every other, so that none can be called right. Largest first. */
  | { readonly kind: 'tie'; readonly groups: readonly (readonly string[])[] }

/**
 * Groups servers that judge every credential alike and names those outside the largest group. A credential accepted
 * nowhere tells servers apart in nothing and is left out; so is a server that did not judge all the others.
 */
export function oddOneOut(cells: readonly Judgement[]): Agreement {
  const rows = groupBy(cells, ({ mintedOn }) => mintedOn)
  const credentials = [...rows]
    .filter(([, row]) => row.some(({ accepted }) => accepted))
    .map(([name]) => name)
  const columns = [...groupBy(cells, ({ verifiedOn }) => verifiedOn)].flatMap(([server, column]) => {
    const accepted = new Map(column.map((cell) => [cell.mintedOn, cell.accepted]))
    if (!credentials.every((name) => accepted.has(name))) return []
    return [{ server, judgement: credentials.map((name) => accepted.get(name)).join() }]
  })
  const groups = [...groupBy(columns, ({ judgement }) => judgement).values()]
    .map((group) => group.map(({ server }) => server))
    .toSorted((a, b) => b.length - a.length)
  const [largest, second, ...others] = groups
  if (largest === undefined || second === undefined) return { kind: 'agree' }
  if (largest.length === second.length) return { kind: 'tie', groups }
  return { kind: 'odd', majority: largest, odd: [second, ...others].flat() }
}
