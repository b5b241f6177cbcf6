import { fetchText } from './fetch-text.ts'
import { readPage, type ShownPage } from './shown-page.ts'
import type { WorkerSlot } from './worker-slot.ts'

/** One page of one worker, as a person gets it. */
export interface PageLook {
  readonly slot: WorkerSlot
  readonly path: string
  readonly life: number
  /** Milliseconds since the epoch, before and after. */
  readonly askedAt: number
  readonly at: number
  /** Absent: it did not answer. */
  readonly page?: ShownPage
}

/** Throws when what is served is no such page. */
export async function lookAtPage(slot: WorkerSlot, path: string): Promise<PageLook> {
  const askedAt = Date.now()
  const life = slot.lives()
  const text = await fetchText(slot.url(), path)
  const about = { slot, path, life, askedAt, at: Date.now() }
  return text === undefined ? about : { ...about, page: readPage(text) }
}
