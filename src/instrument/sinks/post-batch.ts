import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { InstrumentError } from '../instrument-error.ts'
import { propertyOf } from '../json-copy.ts'

/** An answer says which sequence was applied, or one sentence. */
const MAX_ANSWER_BYTES = 4_096
const LONGEST_RETRY_AFTER_SECONDS = 60

export interface Post {
  readonly url: URL
  readonly token: string
  readonly agent: Agent
  /** The batch as JSON, gzipped. */
  readonly body: Buffer
  readonly sequence: number
  /** Ends the wait. */
  readonly signal: AbortSignal
}

export type Receipt =
  | { readonly kind: 'applied' }
  /** It will never be taken. */
  | { readonly kind: 'refused'; readonly error: InstrumentError }
  | { readonly kind: 'later'; readonly error: InstrumentError; readonly retryAfterMs: number | undefined }

/**
 * Hands one batch to the worker. Never throws. Does not use `fetch`, which frameworks replace and cache, and whose
 * sockets cannot be kept from holding the process; and follows no redirect, which could carry the token away.
 */
export async function postBatch(post: Post): Promise<Receipt> {
  try {
    return await receiptOf(await send(post), post.sequence)
  } catch (cause) {
    const error = new InstrumentError('unreachable', 'The worker did not answer.', { cause })
    return { kind: 'later', error, retryAfterMs: undefined }
  }
}

function send({ url, token, agent, body, signal }: Post): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent,
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'content-length': body.byteLength,
      },
    })
    // Delivery must not keep a process from ending.
    sent.on('socket', (socket) => socket.unref())
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}

async function receiptOf(response: IncomingMessage, sequence: number): Promise<Receipt> {
  const status = response.statusCode ?? 0
  const text = await readText(response)
  if (status === 200 && appliedSequence(text) >= sequence) return { kind: 'applied' }
  if (status === 400 || status === 413 || status === 415) {
    return { kind: 'refused', error: new InstrumentError('refused', `The worker answered ${status}.`) }
  }
  const code = status === 401 || status === 403 ? 'unauthorized' : 'not_now'
  const seconds = Number(response.headers['retry-after'])
  return {
    kind: 'later',
    error: new InstrumentError(code, `The worker answered ${status}.`),
    retryAfterMs: seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS) * 1_000 : undefined,
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue
    bytes += chunk.byteLength
    if (bytes > MAX_ANSWER_BYTES) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** 0 for what no worker says: a proxy's page, the answer of another service. */
function appliedSequence(text: string): number {
  try {
    const applied = propertyOf(JSON.parse(text), 'applied')
    return typeof applied === 'number' ? applied : 0
  } catch {
    return 0
  }
}
