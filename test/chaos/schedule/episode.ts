import { setTimeout as sleep } from 'node:timers/promises'
import type { Diary } from './diary.ts'
import type { Fault, Injected } from './fault.ts'
import { type Random, seededRandom } from './random.ts'
import type { Watch } from './watch.ts'
import { INTERVAL_MS } from './watched.ts'
import { openWindow, type Window } from './windows.ts'
import type { World } from './world.ts'

const POLL_MS = 100
/** A run under way and a scrape end after what they looked at has changed; a busy machine takes its time. */
const SLACK_MS = 4_000
/** Two intervals; troubles are waited out for longer once they were complained about. */
const RECOVERY = { withinMs: 2 * INTERVAL_MS + SLACK_MS, patienceMs: 60_000 }

/** What was seen of one fault; seconds. */
export interface Row {
  readonly fault: string
  readonly about: string
  readonly workers: number
  /** Null: there is nothing to see, or it was not seen. */
  readonly seenAfter: number | null
  /** Of all that was broken at the time. Null: not at all. */
  readonly recoveredAfter: number | null
}

export interface Scene {
  readonly world: World
  readonly diary: Diary
  readonly watch: Watch
  readonly random: Random
  readonly say: (line: string) => void
  /** How long a fault stays after it was seen, at most. */
  readonly holdMs: number
  /** What recovery may take, and when it is no longer waited for. Default: two intervals, and a minute. */
  readonly recovery?: { readonly withinMs: number; readonly patienceMs: number }
  readonly signal: AbortSignal
}

interface Broken {
  readonly fault: Fault
  readonly about: string
  readonly seenAfter: number | null
}

/** Breaks these things at once, waits until each is seen, mends them, and waits until all is well. */
export async function playEpisode(scene: Scene, faults: readonly Fault[]): Promise<readonly Row[]> {
  const { world, diary, say } = scene
  const parts = faults.some((fault) => fault.parts)
  const together = parts
    ? openWindow(diary.alone, { from: Date.now() - 1_000, to: Number.POSITIVE_INFINITY })
    : () => {}
  // Each draws from numbers of its own, so that what is drawn does not hang on who comes first.
  const scenes = faults.map(() => ({ ...scene, random: seededRandom(scene.random.between(0, 2 ** 31)) }))
  const broken = await allSettled(faults.map((fault, index) => breakAndMend(scenes[index] ?? scene, fault)))
  const mendedAt = Date.now()
  const recoveredAfter = await recover(scene, mendedAt)
  together()
  const names = broken.map(({ fault }) => fault.name).join(' + ')
  say(`  recovered after ${recoveredAfter ?? '–'} s: ${names}`)
  for (const { fault } of broken) diary.present.delete(fault.name)
  return broken.map(({ fault, about, seenAfter }) => ({
    ...{ fault: fault.name, about, workers: world.slots.length, recoveredAfter },
    seenAfter: fault.metric === null ? null : seenAfter,
  }))
}

/** Everything is mended before anything is thrown. */
async function allSettled<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(work)
  const failed = settled.find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}

async function breakAndMend(scene: Scene, fault: Fault): Promise<Broken> {
  const { world, diary, random, say } = scene
  // What shows nothing lasts long enough to meet a tick.
  const hold = random.between(0, scene.holdMs) + (fault.metric === null ? INTERVAL_MS : 0)
  const pause = random.between(0, Math.min(scene.holdMs, INTERVAL_MS))
  await sleep(pause, undefined, { signal: scene.signal })
  diary.present.add(fault.name)
  const begun = Date.now()
  const injected = await fault.begin(world, random)
  const about = injected.about ?? ''
  say(`  ${fault.name} ${about}`.trimEnd())
  const { blinds } = injected
  const blind = { from: Date.now(), to: Number.POSITIVE_INFINITY, covers: blinds ?? (() => false) }
  const seeing = openWindow(diary.blind, blind)
  try {
    const seenAfter = await untilShown(scene, { fault, injected, begun })
    await sleep(hold, undefined, { signal: scene.signal })
    return { fault, about, seenAfter }
  } finally {
    seeing()
    await injected.end()
  }
}

async function untilShown(
  { diary, watch, signal }: Scene,
  { fault, injected, begun }: { readonly fault: Fault; readonly injected: Injected; readonly begun: number },
): Promise<number | null> {
  for (;;) {
    const fresh = watch.newest().filter(({ askedAt }) => askedAt >= begun)
    if (fresh.length > 0 && injected.shows(fresh)) return seconds(Date.now() - begun)
    if (Date.now() - begun > fault.withinMs) {
      const text = `${fault.name}: ${fault.metric} was not there after ${fault.withinMs} ms`
      diary.complain('a fault is not seen', text)
      return null
    }
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** Seconds until all is well. */
async function recover(
  { watch, diary, signal, recovery = RECOVERY }: Scene,
  since: number,
): Promise<number | null> {
  let complained = false
  for (;;) {
    const troubles = watch.troubles(since)
    if (troubles.length === 0) return seconds(Date.now() - since)
    if (Date.now() - since > recovery.withinMs && !complained) {
      complained = true
      diary.complain('no recovery', `${troubles.slice(0, 6).join('; ')} after ${recovery.withinMs} ms`)
    }
    if (Date.now() - since > recovery.patienceMs) return null
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** Waits; what is not well meanwhile is complained about. */
export async function watchFor({ watch, diary, signal }: Scene, ms: number): Promise<Window> {
  const from = Date.now()
  while (Date.now() < from + ms) {
    const troubles = watch.troubles(0)
    if (troubles.length > 0) diary.complain('not healthy', troubles.slice(0, 6).join('; '))
    await sleep(POLL_MS, undefined, { signal })
  }
  return { from, to: Date.now() }
}

const seconds = (ms: number) => Math.round(ms / 100) / 10
