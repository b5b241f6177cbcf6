import type { Deck } from './deck.ts'
import { type Complaint, openDiary } from './diary.ts'
import { playEpisode, type Row, type Scene, watchFor } from './episode.ts'
import { type Doubles, judgeDoubles, judgeGaps } from './judge-runs.ts'
import { judgeTotals } from './judge-totals.ts'
import type { Random } from './random.ts'
import { type RunTable, readRuns } from './runs.ts'
import { type Watch, watchWorkers } from './watch.ts'
import type { Window } from './windows.ts'
import { type QueueName, startWorld, type World } from './world.ts'

const START_WITHIN_MS = 60_000

export interface ChaosOptions {
  readonly seed: number
  readonly random: Random
  readonly deck: Pick<Deck, 'deal'>
  readonly workers: number
  readonly servers: number
  readonly queue: QueueName
  /** Faults are begun for so long, or as many times as `episodes` says. */
  readonly chaosMs: number
  readonly episodes?: number
  /** How long health is shown, before and after. */
  readonly healthMs: number
  /** How long a fault stays after it was seen, at most. */
  readonly holdMs: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** What one world went through. */
export interface ChaosReport extends Doubles {
  readonly queue: QueueName
  readonly workers: number
  readonly minutes: number
  readonly rows: readonly Row[]
  readonly complaints: readonly Complaint[]
  readonly runs: number
  readonly scrapes: number
  readonly pages: number
  readonly longestGapMs: number
  readonly mostMib: number
  readonly memoryGrowth: number | null
  /** Results that are missing from the history. */
  readonly dropped: number
}

/** Health, then chaos, then health again; what is wrong is in the report. */
export async function scheduleChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { say, signal, workers, servers, queue } = options
  const diary = openDiary(options)
  await using world = await startWorld({ workers, servers, queue })
  await using table = readRuns(world)
  await using watch = watchWorkers(world, diary)
  const scene: Scene = { ...options, world, diary, watch }
  await untilHealthy(scene)
  say(`${workers} ${workers === 1 ? 'worker' : 'workers'} in good health, the queue in ${queue}`)
  const from = Date.now()
  await showHealth(scene, table, options.healthMs)
  const rows: Row[] = []
  const until = Date.now() + options.chaosMs
  for (let count = 0; Date.now() < until && count < (options.episodes ?? Infinity); count += 1) {
    signal.throwIfAborted()
    rows.push(...(await playEpisode(scene, options.deck.deal(world))))
    await judgeTotals({ newest: watch.newest, table, diary })
  }
  await showHealth(scene, table, options.healthMs)
  const span = { from, to: Date.now() }
  const minutes = Math.round((span.to - span.from) / 6_000) / 10
  return { queue, workers, minutes, rows, ...(await judgeAll({ world, watch, table, span, scene })) }
}

async function untilHealthy({ watch, signal }: Scene): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS
  while (watch.troubles(0).length > 0) {
    signal.throwIfAborted()
    if (Date.now() > deadline) throw new Error(`never healthy: ${watch.troubles(0).join('; ')}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function showHealth(scene: Scene, table: RunTable, ms: number): Promise<void> {
  await watchFor(scene, ms)
  await judgeTotals({ newest: scene.watch.newest, table, diary: scene.diary })
}

async function judgeAll(seen: {
  readonly world: World
  readonly watch: Watch
  readonly table: RunTable
  readonly span: Window
  readonly scene: Scene
}): Promise<Omit<ChaosReport, 'queue' | 'workers' | 'minutes' | 'rows'>> {
  const { world, watch, table, span, scene } = seen
  const { diary } = scene
  await table.read().catch(() => {})
  const runs = table.all()
  const longestGapMs = judgeGaps({ ...world, diary, runs, scraped: watch.scraped, span })
  const doubles = judgeDoubles({ ...world, diary, runs })
  const { mostMib, growth } = watch.memory.end()
  const dropped = watch
    .newest()
    .map(({ seen: shown }) => shown?.value('authwatch_results_dropped_total') ?? 0)
  return {
    ...doubles,
    ...{
      complaints: diary.complaints,
      runs: runs.length,
      scrapes: watch.scrapes(),
      pages: watch.pages(),
      longestGapMs,
    },
    ...{ mostMib, memoryGrowth: growth, dropped: dropped.reduce((sum, each) => sum + each, 0) },
  }
}
