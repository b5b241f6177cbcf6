import { type DistinctKind, type DistinctWindow, distinctKinds } from '../results/event-store.ts'
import type { Batch } from './batch.ts'
import { mergeSketch, SKETCH_REGISTERS } from './distinct-estimate.ts'

export const MINUTE_MS = 60_000

export interface WorkerSketches {
  /** Takes in what batches say of distinct values, and gives the windows of this minute that it changed. */
  add(batches: readonly Pick<Batch, DistinctKind>[], now: number): readonly DistinctWindow[]
}

/**
 * The distinct values of this minute that this worker was told of. Each worker stores its own registers, whole: a
 * batch that comes twice changes nothing in them, and no worker waits for another's row.
 */
export function workerSketches(worker: string): WorkerSketches {
  const sketches = new Map<DistinctKind, Uint8Array>()
  let minute = 0

  return {
    add(batches, now) {
      const start = Math.floor(now / MINUTE_MS) * MINUTE_MS
      if (start !== minute) sketches.clear()
      minute = start
      return distinctKinds.flatMap((kind) => {
        const told = batches.flatMap((batch) => batch[kind] ?? [])
        if (told.length === 0) return []
        const registers = sketches.get(kind) ?? new Uint8Array(SKETCH_REGISTERS)
        sketches.set(kind, registers)
        for (const text of told) mergeSketch(registers, Buffer.from(text, 'base64'))
        return [{ kind, start, worker, registers }]
      })
    },
  }
}
