import { setTimeout as sleep } from 'node:timers/promises'
import type { Diary } from './diary.ts'
import { lookJudge } from './judge-looks.ts'
import { type Look, lookAt } from './look.ts'
import { memoryWatch } from './memory.ts'
import { troublesOf } from './troubles.ts'
import { watchPages } from './watch-pages.ts'
import type { World } from './world.ts'

const PAUSE_MS = 1_000
/** A worker may take as long as this to find that the state was away, and others as long to find it back. */
const UNSURE_BEFORE_MS = 12_000
const UNSURE_AFTER_MS = 3_000

export interface Watch extends AsyncDisposable {
  /** The newest scrape of each worker; none of a worker that was not scraped yet. */
  newest(): readonly Look[]
  /** What is not as in good health, of what was scraped since then; empty when all is well. */
  troubles(since: number): readonly string[]
  /** Beginnings of runs that were scraped, by check and target. */
  readonly scraped: ReadonlyMap<string, ReadonlySet<number>>
  scrapes(): number
  pages(): number
  readonly memory: ReturnType<typeof memoryWatch>
}

/** Scrapes every worker once a second, reads its pages, and judges what is seen. */
export function watchWorkers(world: Pick<World, 'slots' | 'watched'>, diary: Diary): Watch {
  const newest = new Map<string, Look>()
  const scraped = new Map<string, Set<number>>()
  const judge = lookJudge(diary)
  const memory = memoryWatch(diary)
  const pages = watchPages(world, diary, newest)
  const ending = new AbortController()
  let scrapes = 0
  const take = (look: Look): void => {
    newest.set(look.slot.name, look)
    pages.scraped(look)
    if (look.seen === undefined) return
    scrapes += 1
    judge(look)
    memory.look(look)
    for (const { check, target, lastRun } of look.seen.checks) {
      const name = `${check} on ${target}`
      const times = scraped.get(name) ?? new Set()
      scraped.set(name, times.add(lastRun))
    }
    if (look.seen.value('authwatch_state_up') === 0)
      diary.alone.push({ from: look.askedAt - UNSURE_BEFORE_MS, to: look.at + UNSURE_AFTER_MS })
  }
  const watching = world.slots.map(async (slot) => {
    while (!ending.signal.aborted) {
      try {
        take(await lookAt(slot))
      } catch (cause) {
        diary.complain('a counter is wrong', `${slot.name} serves no exposition: ${String(cause)}`, slot.name)
      }
      await sleep(PAUSE_MS, undefined, { signal: ending.signal }).catch(() => {})
    }
  })
  const looks = () => world.slots.flatMap(({ name }) => newest.get(name) ?? [])
  return {
    ...{ newest: looks, scraped, memory, scrapes: () => scrapes, pages: pages.pages },
    troubles: (since) =>
      world.slots.flatMap((slot) => {
        const look = newest.get(slot.name)
        if (look === undefined || look.askedAt < since) return [`${slot.name} was not scraped yet`]
        return troublesOf(look, world.watched).map((trouble) => `${slot.name}: ${trouble}`)
      }),
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await pages[Symbol.asyncDispose]()
      await Promise.all(watching)
    },
  }
}
