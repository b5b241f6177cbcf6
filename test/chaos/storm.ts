import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Series, seriesOf } from '../../src/events/series.ts'
import { commonOperations } from '../../src/events/vocabulary.ts'
import { createPushClient, type PushClient } from '../../src/instrument/sinks/push-client.ts'

/** Events counted, by `server operation outcome reason`, and times by `server operation outcome`. */
export interface Tallied {
  readonly events: ReadonlyMap<string, number>
  readonly timed: ReadonlyMap<string, number>
}

export interface Source {
  readonly server: string
  /** Counts so many events of every series there is: ever fewer of them at a time, and at the signal all that are left. */
  emit(count: number, hurry: AbortSignal): Promise<void>
  readonly client: PushClient
}

export interface Storm {
  readonly sources: readonly Source[]
  /** What was handed to the clients so far, counted by ourselves. */
  readonly sent: Tallied
  /** Answers that were no acknowledgement, by what they were. */
  readonly refusals: ReadonlyMap<string, number>
}

const TICK_MS = 20
const SHARE_OF_TICK = 0.005
/** Far shorter than in use, so that nearly every fault meets a batch on its way. */
const INTERVAL_MS = 15

/** Applications that report to one address, each by the client that real ones use. */
export function createStorm(options: {
  readonly url: string
  readonly token: string
  readonly servers: readonly string[]
}): Storm {
  const { url, token, servers } = options
  const all = commonOperations.flatMap(seriesOf)
  const events = new Map<string, number>()
  const timed = new Map<string, number>()
  const refusals = new Map<string, number>()
  const sources = servers.map((server): Source => {
    const client = createPushClient({
      ...{ url, token, server, intervalMs: INTERVAL_MS, announced: [] },
      onError: ({ code }) => add(refusals, code, 1),
    })
    const count = (series: Series): void => {
      // A fifth have no duration, as what an application tells by itself.
      const seconds = randomInt(5) === 0 ? undefined : randomInt(20_000) / 1_000
      const { operation, outcome, reason } = series
      client.count({ ...series, seconds })
      client.attempt({ account: `user-${randomInt(1_000)}@example.com`, source: undefined })
      add(events, `${server} ${operation} ${outcome} ${reason}`, 1)
      if (seconds !== undefined) add(timed, `${server} ${operation} ${outcome}`, 1)
    }
    return {
      ...{ server, client },
      async emit(total, hurry) {
        for (let left = total; left > 0; ) {
          const due = hurry.aborted ? left : Math.ceil(left * SHARE_OF_TICK)
          left -= due
          for (let n = 0; n < due; n += 1) count(all[randomInt(all.length)]!)
          // Else the pauses between its tries would be longer than the lives of the worker.
          void client.flush()
          await sleep(TICK_MS)
        }
      },
    }
  })
  return { sources, sent: { events, timed }, refusals }
}

function add(map: Map<string, number>, key: string, count: number): void {
  map.set(key, (map.get(key) ?? 0) + count)
}

export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
