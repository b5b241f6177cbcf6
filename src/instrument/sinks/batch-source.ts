import { randomUUID } from 'node:crypto'
import { BATCH_VERSION, type Batch } from '../../events/batch.ts'
import type { Series } from '../../events/series.ts'
import type { EventSink } from '../auth-event.ts'
import { createSketch, sketchKey } from './distinct-sketch.ts'
import { createTally } from './tally.ts'

/** What is older than the window in which a worker shows distinct values, it would show as new. */
const MAX_SKETCH_AGE_MS = 5 * 60_000

/** One life of a server, as the worker knows it: the batches it makes of events, numbered from 1. */
export interface BatchSource extends Required<EventSink> {
  readonly hasNext: boolean
  /** What came since the last one. Undefined when there is nothing to say. */
  next(): Batch | undefined
  /** The events of a batch are lost: they are told with the next one. */
  giveUp(batch: Batch): void
}

export interface BatchSourceOptions {
  readonly server: string
  readonly token: string
  /** These are in the first batch, which there is before the first event: so they start at 0 at the worker. */
  readonly announced: readonly Series[]
}

export function createBatchSource({ server, token, announced }: BatchSourceOptions): BatchSource {
  const identity = { version: BATCH_VERSION, server, source: randomUUID(), epoch: Date.now() } as const
  const tally = createTally()
  const key = sketchKey(token)
  const accounts = createSketch(key)
  const sources = createSketch(key)
  let sketchedSince: number | undefined
  let dropped = 0
  let sequence = 0
  const forgetSketches = () => {
    accounts.clear()
    sources.clear()
    sketchedSince = undefined
  }
  for (const series of announced) tally.announce(series)
  return {
    count: (event) => tally.add(event),
    attempt({ account, source }) {
      const now = Date.now()
      if (sketchedSince !== undefined && now - sketchedSince > MAX_SKETCH_AGE_MS) forgetSketches()
      sketchedSince ??= now
      if (account !== undefined) accounts.add(account)
      if (source !== undefined) sources.add(source)
    },
    get hasNext() {
      return sequence === 0 || !tally.isEmpty || dropped > 0 || sketchedSince !== undefined
    },
    next() {
      if (!this.hasNext) return undefined
      sequence += 1
      const sketches = { accounts: accounts.encode(), sources: sources.encode() }
      const batch = { ...identity, sequence, counts: tally.take(), dropped, ...present(sketches) }
      dropped = 0
      forgetSketches()
      return batch
    },
    giveUp(batch) {
      dropped += batch.dropped + batch.counts.reduce((sum, { count }) => sum + count, 0)
    },
  }
}

function present(sketches: {
  readonly accounts: string | undefined
  readonly sources: string | undefined
}): Pick<Batch, 'accounts' | 'sources'> {
  const { accounts, sources } = sketches
  return { ...(accounts !== undefined && { accounts }), ...(sources !== undefined && { sources }) }
}
