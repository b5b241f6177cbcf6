import type { Diary } from './diary.ts'
import type { Look } from './look.ts'

/** What a start takes is no growth. */
const WARM_UP_MS = 60_000
/** Shorter lives say nothing of growth. */
const LEAST_LIFE_MS = 150_000
const PART_MS = 30_000
const MOST_GROWTH = 1.5
const MOST_BYTES = 700 * 1024 ** 2

interface Point {
  readonly at: number
  readonly bytes: number
}

/**
 * Memory of each worker in each life. It never takes more than 700 MiB; and where a life lasts two and a half minutes,
 * the median of its last 30 s is at most half as much again as the median of the 30 s after its first minute.
 */
export function memoryWatch(diary: Diary) {
  const lives = new Map<string, Point[]>()
  return {
    look: ({ slot, life, at, seen }: Look): void => {
      const bytes = seen?.value('process_resident_memory_bytes')
      if (bytes === undefined) return
      const name = `${slot.name}, life ${life}`
      const points = lives.get(name) ?? []
      lives.set(name, points)
      points.push({ at, bytes })
      if (bytes > MOST_BYTES) diary.complain('memory grows', `${name} takes ${mib(bytes)} MiB`, name)
    },
    /** Judges, and gives the most that was taken, and the most growth, as a share. */
    end: (): { readonly mostMib: number; readonly growth: number | null } => {
      const growths = [...lives].flatMap(([name, points]) => {
        const growth = growthOf(points)
        if (growth !== undefined && growth > MOST_GROWTH)
          diary.complain('memory grows', `${name} takes ${growth.toFixed(2)} times what it took`, name)
        return growth === undefined ? [] : [growth]
      })
      const most = Math.max(0, ...[...lives.values()].flat().map(({ bytes }) => bytes))
      return { mostMib: mib(most), growth: growths.length === 0 ? null : Math.max(...growths) }
    },
  }
}

function growthOf(points: readonly Point[]): number | undefined {
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0]
  if (last - first < LEAST_LIFE_MS) return undefined
  const begun = first + WARM_UP_MS
  const early = points.filter(({ at }) => at >= begun && at < begun + PART_MS)
  const late = points.filter(({ at }) => at > last - PART_MS)
  return early.length === 0 ? undefined : median(late) / median(early)
}

function median(points: readonly Point[]): number {
  const sorted = points.map(({ bytes }) => bytes).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

const mib = (bytes: number) => Math.round(bytes / 1024 ** 2)
