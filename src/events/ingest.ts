import type { EventStore } from '../results/event-store.ts'
import { StateError } from '../results/state-error.ts'
import type { Batch } from './batch.ts'
import { groupCommit } from './group-commit.ts'
import { IngestRefusal } from './ingest-refusal.ts'
import { parseBatch } from './parse-batch.ts'
import { readBody } from './read-body.ts'
import { workerSketches } from './worker-sketches.ts'

/** Where no servers are configured: each costs hundreds of series. */
const MAX_SERVERS = 200
/** Requests whose bodies may be in memory at once: some 8 MiB each at the worst. */
const MAX_UNDER_WAY = 32
const BUSY_RETRY_S = 1
const STATE_RETRY_S = 2

export interface Ingest {
  /**
   * Counts the batch in a request whose token was found good, and gives its sequence once that is done for good.
   * @throws {IngestRefusal}
   */
  accept(request: Pick<Request, 'headers' | 'body'>): Promise<number>
}

export interface IngestOptions {
  readonly store: EventStore
  /** This worker's name, unique among those that share the state. */
  readonly worker: string
  /** Names of the servers that may report; empty: any, up to {@link MAX_SERVERS}. */
  readonly servers: readonly string[]
  /** Milliseconds since the epoch, on the clock that the workers share. */
  readonly now: () => number
}

export function createIngest({ store, worker, servers, now }: IngestOptions): Ingest {
  const commits = groupCommit({ store, sketches: workerSketches(worker), now })
  const admitted = new Set(servers)
  let underWay = 0

  const admit = async ({ server }: Batch): Promise<void> => {
    if (admitted.has(server)) return
    const known = servers.length === 0 && (await store.admit(server, MAX_SERVERS))
    if (!known) throw new IngestRefusal(422, 'no such server is configured, or there are too many')
    admitted.add(server)
  }

  const count = async (batch: Batch): Promise<number> => {
    try {
      await admit(batch)
      await commits.add(batch)
      return batch.sequence
    } catch (cause) {
      if (!(cause instanceof StateError)) throw cause
      // That the database is away is known, and told once; every client would tell it again.
      const fault = cause.code === 'ERR_STATE_UNREACHABLE' ? {} : { cause }
      const options = { ...fault, retryAfter: STATE_RETRY_S }
      throw new IngestRefusal(503, 'the state database did not take it; send it again', options)
    }
  }

  return {
    async accept(request) {
      if (underWay >= MAX_UNDER_WAY) {
        throw new IngestRefusal(503, 'too many batches at once; send it again', { retryAfter: BUSY_RETRY_S })
      }
      underWay += 1
      try {
        return await count(parseBatch(await readBody(request)))
      } finally {
        underWay -= 1
      }
    },
  }
}
