import { type ParsedFamily, parseExposition } from '../../metrics/parse-exposition.ts'
import { fetchText } from './fetch-text.ts'
import type { Watched } from './watched.ts'
import type { WorkerSlot } from './worker-slot.ts'

/** One scrape of one worker. */
export interface Look {
  readonly slot: WorkerSlot
  /** Which of the workers in that place was asked. */
  readonly life: number
  /** Milliseconds since the epoch, before and after. */
  readonly askedAt: number
  readonly at: number
  /** Absent: it did not answer. */
  readonly seen?: Seen
}

export interface Seen {
  /** The sum of the samples with at least these labels; undefined when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
  readonly checks: readonly ShownCheck[]
  readonly families: ReadonlyMap<string, ParsedFamily>
}

/** What the metrics say of one check, times in milliseconds since the epoch. */
export interface ShownCheck extends Watched {
  readonly state: string
  readonly lastRun: number
  readonly lastSuccess: number
  readonly durationMs: number
}

/** Throws when what is served is no exposition. */
export async function lookAt(slot: WorkerSlot): Promise<Look> {
  const askedAt = Date.now()
  const life = slot.lives()
  const text = await fetchText(slot.url(), '/metrics')
  const about = { slot, life, askedAt, at: Date.now() }
  return text === undefined ? about : { ...about, seen: readMetrics(text) }
}

/** Throws when the text is no exposition. */
export function readMetrics(text: string): Seen {
  const families = parseExposition(text, 'text')
  const value: Seen['value'] = (name, labels = {}) => {
    const wanted = Object.entries(labels)
    const samples = (families.get(name)?.samples ?? []).filter((sample) =>
      wanted.every(([label, text]) => sample.labels[label] === text),
    )
    return samples.length === 0 ? undefined : samples.reduce((sum, sample) => sum + sample.value, 0)
  }
  const states = families.get('authwatch_check_state')?.samples ?? []
  const checks = states
    .filter((sample) => sample.value === 1)
    .map(({ labels: { check = '', target = '', state = '' } }) => {
      const time = (name: string) =>
        (value(`authwatch_check_${name}_seconds`, { check, target }) ?? 0) * 1_000
      return {
        ...{ check, target, state, lastRun: Math.round(time('last_run_timestamp')) },
        ...{ lastSuccess: Math.round(time('last_success_timestamp')), durationMs: time('duration') },
      }
    })
  return { value, checks, families }
}
