import { FixError } from './fix-error.ts'
import type { Repair } from './repair.ts'
import type { Writer } from './writer.ts'

/** How many rows the fix would change now. */
export async function countRows({ count }: Repair, writer: Writer): Promise<number> {
  const { rows } = await writer.transaction((transaction) => transaction.query(count))
  return Number(rows[0]?.rows)
}

export interface ApplyOptions {
  readonly repair: Repair
  readonly writer: Writer
  /** Rows of one transaction. */
  readonly size: number
  /** Rows that were confirmed: no more are changed. */
  readonly atMost: number
  /** Ends the work between two batches. */
  readonly stop: AbortSignal
  readonly onBatch: (changed: number) => void
}

/** Applies a fix batch by batch, each a transaction of its own. Gives the rows changed. Throws FixError. */
export async function applyRepair(options: ApplyOptions): Promise<number> {
  const { repair, writer, size, atMost, stop, onBatch } = options
  let changed = 0
  let after: string | undefined
  while (changed < atMost && !stop.aborted) {
    const wanted = Math.min(size, atMost - changed)
    const batch = await writer.transaction(async (transaction) => {
      const { rows } = await transaction.query(repair.batch({ size: wanted, after }))
      const ids = rows.map(({ id }) => String(id))
      if (ids.length === 0) return { last: undefined, changed: 0 }
      const result = await transaction.query(repair.change(ids))
      // An id that is not unique would take rows along that nobody looked at.
      if (result.changed > ids.length) throw new FixError('the fix was not applied: ids are not unique')
      return { last: ids.at(-1), changed: result.changed }
    })
    if (batch.last === undefined) break
    after = batch.last
    changed += batch.changed
    onBatch(changed)
  }
  return changed
}
