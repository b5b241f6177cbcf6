import { createPostgresBackend, withBackend } from 'bullmq'
import pg from 'pg'
import { stateAddress } from '../results/state-address.ts'
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

const CONNECT_TIMEOUT_MS = 3_000
const STATEMENT_TIMEOUT_MS = 4_000
/** Longer than the server's own limit, so that the one who knows the reason speaks first. */
const QUERY_TIMEOUT_MS = 5_000
const IDLE_MS = 10_000
/** Of the queue, and again of the worker, which holds one more to be told of new jobs. */
const MAX_CONNECTIONS = 2

/**
 * BullMQ takes clients from its pool without listening to them. A connection that breaks then would be an error event
 * that nobody hears, and end the process.
 */
class HeardClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    this.on('error', () => {})
  }
}

/**
 * The queue on PostgreSQL, in a schema beside that of the state. A pool that could not connect at first stays useless:
 * `ready` rejects then. Throws StateError when the URL is none.
 */
export function postgresBackend(url: string, handlers: QueueHandlers): QueueBackend {
  const backed = withBackend(createPostgresBackend)
  const address = stateAddress(url)
  const connection = {
    connectionString: address.url,
    // In the URL they would replace BullMQ's own, which lead to its schema.
    options: address.options,
    schema: `${address.schema}_queue`,
    migrate: true,
    max: MAX_CONNECTIONS,
    Client: HeardClient,
    application_name: 'authwatch-queue',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
  }
  const hand = handOver(handlers.run)
  const queue = new backed.Queue<Job>(QUEUE_NAME, { connection, ...queueOptions })
  const worker = new backed.Worker<Job>(QUEUE_NAME, hand.process, {
    connection,
    ...workerOptions(handlers.concurrency),
  })
  return backendOf({ queue, worker, stop: hand.stop }, handlers, () => {})
}
