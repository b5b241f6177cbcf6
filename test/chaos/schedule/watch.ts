import { setTimeout as sleep } from 'node:timers/promises'
import type { Diary } from './diary.ts'
import { lookJudge } from './judge-looks.ts'
import { type Look, lookAt } from './look.ts'
import { memoryWatch } from './memory.ts'
import { INTERVAL_MS, type World } from './world.ts'

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
  readonly memory: ReturnType<typeof memoryWatch>
}

/** Scrapes every worker once a second and judges what is seen. */
export function watchWorkers(world: World, diary: Diary): Watch {
  const newest = new Map<string, Look>()
  const scraped = new Map<string, Set<number>>()
  const judge = lookJudge(diary)
  const memory = memoryWatch(diary)
  const ending = new AbortController()
  let scrapes = 0
  const take = (look: Look): void => {
    newest.set(look.slot.name, look)
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
    ...{ newest: looks, scraped, memory, scrapes: () => scrapes },
    troubles: (since) =>
      world.slots.flatMap((slot) => {
        const look = newest.get(slot.name)
        if (look === undefined || look.askedAt < since) return [`${slot.name} was not scraped yet`]
        return troublesOf(world, look).map((trouble) => `${slot.name}: ${trouble}`)
      }),
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await Promise.all(watching)
    },
  }
}

const WANTED = [
  ['authwatch_state_up', 1],
  ['authwatch_queue_up', 1],
  ['authwatch_results_pending', 0],
  ['authwatch_database_up', 1],
] as const
const MOST_OFFSET_SECONDS = 2

function troublesOf(world: World, { seen, askedAt }: Look): readonly string[] {
  if (seen === undefined) return ['no answer']
  const wrong = WANTED.flatMap(([name, wanted]) => {
    const value = seen.value(name)
    return value === wanted ? [] : [`${name} ${value}`]
  })
  const offset = seen.value('authwatch_clock_offset_seconds') ?? Number.NaN
  const off = Math.abs(offset) < MOST_OFFSET_SECONDS ? [] : [`authwatch_clock_offset_seconds ${offset}`]
  const checks = world.watched.flatMap(({ check, target }) => {
    const shown = seen.checks.find((each) => each.check === check && each.target === target)
    if (shown === undefined) return [`${check} on ${target} has no state`]
    if (shown.state === 'error') return [`${check} on ${target} is an error`]
    if (check === 'server.not_answering' && shown.state !== 'pass') return [`${target} does not answer`]
    const age = askedAt - shown.lastSuccess
    return age > 2 * INTERVAL_MS ? [`${check} on ${target} is ${Math.round(age)} ms old`] : []
  })
  return [...wrong, ...off, ...checks]
}
