import { setTimeout as sleep } from 'node:timers/promises'
import type { Diary } from './diary.ts'
import { isAfter, judgePage } from './judge-pages.ts'
import type { Look } from './look.ts'
import { lookAtPage, type PageLook } from './page-look.ts'
import { isProbe } from './watched.ts'
import type { WorkerSlot } from './worker-slot.ts'
import type { World } from './world.ts'

const PAUSE_MS = 1_000
/** Pages that wait for the scrape after them: those of some seconds. */
const MOST_OPEN = 16

interface Open {
  readonly before: Look
  readonly shown: PageLook
}

/** Takes the pages of every worker once a second, and judges each when a scrape after it is there. */
export function watchPages(
  { slots, watched }: Pick<World, 'slots' | 'watched'>,
  diary: Diary,
  newest: ReadonlyMap<string, Look>,
) {
  const open = new Map<string, readonly Open[]>()
  const ending = new AbortController()
  let pages = 0
  const openOf = ({ name }: WorkerSlot) => open.get(name) ?? []
  // The first one says nothing of when a probe was run.
  const probe = watched.find(isProbe)?.check
  const paths = ['/', ...(probe === undefined ? [] : [`/checks/${probe}`])]
  const take = async (slot: WorkerSlot, path: string): Promise<void> => {
    const before = newest.get(slot.name)
    const shown = await lookAtPage(slot, path)
    if (before !== undefined) open.set(slot.name, [...openOf(slot), { before, shown }].slice(-MOST_OPEN))
  }
  const watching = slots.map(async (slot) => {
    while (!ending.signal.aborted) {
      for (const path of paths)
        await take(slot, path).catch((cause: unknown) => {
          const text = `${slot.name} serves no page: ${String(cause)}`
          diary.complain('the page is not as the metrics', text, slot.name)
        })
      await sleep(PAUSE_MS, undefined, { signal: ending.signal }).catch(() => {})
    }
  })
  return {
    /** How many were judged. */
    pages: () => pages,
    /** To be called with each scrape. */
    scraped: (after: Look): void => {
      const isDue = ({ shown }: Open) => isAfter(after, shown)
      for (const each of openOf(after.slot).filter(isDue)) {
        judgePage({ diary, ...each, after })
        if (each.shown.page !== undefined) pages += 1
      }
      open.set(
        after.slot.name,
        openOf(after.slot).filter((each) => !isDue(each)),
      )
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await Promise.all(watching)
    },
  }
}
