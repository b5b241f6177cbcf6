import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Batch } from '../../events/batch.ts'
import { InstrumentError } from '../instrument-error.ts'
import type { BatchSource } from './batch-source.ts'
import { postBatch, type Receipt } from './post-batch.ts'

const REQUEST_TIMEOUT_MS = 10_000
const compress = promisify(gzip)

export interface DeliveryOptions {
  readonly url: string | URL
  readonly token: string
  readonly onError: (error: InstrumentError) => void
}

export interface Delivered {
  /** False when the batch must be sent again. */
  readonly isDelivered: boolean
  /** When the worker said how long to wait. */
  readonly retryAfterMs?: number | undefined
}

/** Hands the batches of a source to the worker, one after another: the next only when this one is acknowledged. */
export interface Delivery {
  readonly hasNext: boolean
  /** Sends one batch once. Joins in when one is on its way. Never throws. */
  deliver(): Promise<Delivered>
  /** Closes the connection. What is on its way counts as not delivered. */
  end(): void
}

export function createDelivery(source: BatchSource, options: DeliveryOptions): Delivery {
  const { token, onError } = options
  const url = new URL(options.url)
  const agent = new (url.protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 })
  // The first is made before the first event, so that what it announces is at 0 at first.
  let batch: Batch | undefined = source.next()
  /** Packed once: it is sent again unchanged. */
  let body: Buffer | undefined
  let running: Promise<Delivered> | undefined
  let onItsWay: AbortController | undefined
  let isEnded = false

  const post = async (sent: Batch, packed: Buffer): Promise<Receipt> => {
    const wait = new AbortController()
    onItsWay = wait
    const timer = setTimeout(() => wait.abort(), REQUEST_TIMEOUT_MS).unref()
    const { signal } = wait
    const receipt = await postBatch({ url, token, agent, body: packed, sequence: sent.sequence, signal })
    clearTimeout(timer)
    return receipt
  }
  const deliverOne = async (): Promise<Delivered> => {
    batch ??= source.next()
    if (batch === undefined) return { isDelivered: true }
    if (isEnded) return { isDelivered: false }
    body ??= await compress(JSON.stringify(batch))
    const receipt = await post(batch, body)
    if (receipt.kind !== 'applied') onError(receipt.error)
    if (receipt.kind === 'later') return { isDelivered: false, retryAfterMs: receipt.retryAfterMs }
    if (receipt.kind === 'refused') source.giveUp(batch)
    batch = undefined
    body = undefined
    return { isDelivered: true }
  }
  const failed = (cause: unknown): Delivered => {
    onError(new InstrumentError('not_now', 'A batch could not be packed.', { cause }))
    return { isDelivered: false }
  }
  return {
    get hasNext() {
      return batch !== undefined || source.hasNext
    },
    deliver() {
      running ??= deliverOne()
        .catch(failed)
        .finally(() => {
          running = undefined
        })
      return running
    },
    end() {
      isEnded = true
      onItsWay?.abort()
      agent.destroy()
    },
  }
}
