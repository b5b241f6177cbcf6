import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import type { Job } from './job.ts'
import {
  backendOf,
  handOver,
  QUEUE_NAME,
  type QueueBackend,
  type QueueHandlers,
  queueOptions,
  workerOptions,
} from './queue-backend.ts'
import { isMissingDatabase } from './redis-database.ts'

const CONNECT_TIMEOUT_MS = 2_000
/** A server that does not answer is left and looked for anew: after a failover it is another machine. */
const ADDING_SILENCE_MS = 4_000
/** In braces, so that a cluster keeps all keys of the queue in one slot, where alone its scripts may use them. */
const PREFIX = '{authwatch}'
/** Longer than the ten seconds for which a worker may ask Redis to wait for a job. */
const TAKING_SILENCE_MS = 15_000

/** The queue on Redis. Its clients reconnect by themselves. */
export function redisBackend(url: string, handlers: QueueHandlers): QueueBackend {
  const common = { connectTimeout: CONNECT_TIMEOUT_MS, enableOfflineQueue: true }
  // Adding must fail soon while Redis is away, so that the checks can run without it; taking jobs must wait.
  const adding = new Redis(url, { ...common, maxRetriesPerRequest: 1, socketTimeout: ADDING_SILENCE_MS })
  const taking = new Redis(url, { ...common, maxRetriesPerRequest: null, socketTimeout: TAKING_SILENCE_MS })
  const hand = handOver(handlers.run)
  const queue = new Queue<Job>(QUEUE_NAME, {
    connection: adding,
    prefix: PREFIX,
    ...queueOptions,
  })
  const worker = new Worker<Job>(QUEUE_NAME, hand.process, {
    connection: taking,
    prefix: PREFIX,
    ...workerOptions(handlers.concurrency),
  })
  // BullMQ reports the same errors; without a listener of its own a connection would print them.
  for (const connection of [adding, taking])
    connection.on('error', (error) => {
      // Before any command of ours is sent; it is tried again, since a server can be given more databases.
      if (isMissingDatabase(error)) connection.disconnect(true)
    })
  return backendOf({ queue, worker, stop: hand.stop }, handlers, () => {
    adding.disconnect()
    taking.disconnect()
  })
}
