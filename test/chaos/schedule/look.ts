import { type ParsedFamily, parseExposition } from '../../metrics/parse-exposition.ts'
import type { WorkerSlot } from './worker-slot.ts'
import type { Watched } from './world.ts'

/** A worker that has not answered after this long is down, as for Prometheus. */
const SCRAPE_TIMEOUT_MS = 3_000

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
  const text = await scrape(slot.url())
  const about = { slot, life, askedAt, at: Date.now() }
  return text === undefined ? about : { ...about, seen: seenIn(parseExposition(text, 'text')) }
}

async function scrape(url: string | undefined): Promise<string | undefined> {
  if (url === undefined) return undefined
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) })
    return answer.ok ? await answer.text() : undefined
  } catch {
    return undefined
  }
}

function seenIn(families: ReadonlyMap<string, ParsedFamily>): Seen {
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
        ...{ check, target, state, lastRun: time('last_run_timestamp') },
        ...{ lastSuccess: time('last_success_timestamp'), durationMs: time('duration') },
      }
    })
  return { value, checks, families }
}
