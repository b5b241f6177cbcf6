import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { Agent, type Dispatcher, request } from 'undici'
import type { ServerAddress } from '../catalogue/fleet.ts'
import type { Answer, RequestOptions, ServerClient } from '../catalogue/probe.ts'
import { NetworkFailure, networkFailure } from './network-failure.ts'
import { withTimeoutSignal } from './with-timeout-signal.ts'

/** Bytes of an answer that are read unless said; the rest is not worth the memory of the watcher. */
const MAX_BODY = 64 * 1024
const CONNECT_TIMEOUT_MS = 3_000

export interface ClientOptions {
  readonly address: ServerAddress
  /** Sent as `User-Agent`, so that probes can be told apart in the application's log. */
  readonly userAgent: string
  /** Ends every request that is under way. */
  readonly signal: AbortSignal
  readonly dispatcher: Dispatcher
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Connections for probes: at most two to a server, which they are not to burden. What is asked beside them waits. */
export function probeDispatcher(): Dispatcher & AsyncDisposable {
  const agent = new Agent({
    connections: 2,
    keepAliveTimeout: 1_000,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  })
  return Object.assign(agent, { [Symbol.asyncDispose]: () => agent.destroy() })
}

function headersOf({ address, userAgent }: ClientOptions, options: RequestOptions): Record<string, string> {
  const publicUrl = new URL(address.publicUrl)
  return {
    // What a proxy in front of the server would pass on; better-auth may derive its own URL from them.
    host: publicUrl.host,
    'x-forwarded-proto': publicUrl.protocol.replace(':', ''),
    'user-agent': userAgent,
    accept: 'application/json',
    ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(options.cookie === undefined ? {} : { cookie: options.cookie }),
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    ...options.headers,
  }
}

async function cappedText(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    size += bytes.length
    if (size >= maxBytes) break
  }
  body.destroy()
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function send(path: string, request_: RequestOptions, options: ClientOptions): Promise<Answer> {
  const { signal } = options
  const { timeoutMs } = request_
  if (timeoutMs === undefined) return exchange(path, request_, options)
  return withTimeoutSignal({ signal, ms: timeoutMs }, (ending) =>
    exchange(path, request_, { ...options, signal: ending }),
  )
}

async function exchange(path: string, request_: RequestOptions, options: ClientOptions): Promise<Answer> {
  const sentAt = options.now()
  const url = new URL(path, options.address.url)
  const response = await request(url, {
    dispatcher: options.dispatcher,
    signal: options.signal,
    method: request_.method ?? 'GET',
    headers: headersOf(options, request_),
    body: request_.json === undefined ? null : JSON.stringify(request_.json),
  })
  const receivedAt = options.now()
  const { headers, statusCode } = response
  const body = await cappedText(response.body, request_.maxBytes ?? MAX_BODY)
  const values = (name: string): readonly string[] => {
    const value = headers[name] ?? []
    return Array.isArray(value) ? value : [value]
  }
  return {
    status: statusCode,
    header: (name) => values(name)[0],
    values,
    setCookies: values('set-cookie'),
    body,
    json: () => parsed(body),
    sentAt,
    receivedAt,
  }
}

function certificateExpiry({ address, signal }: ClientOptions): Promise<Date | null> {
  const { protocol, hostname, port } = new URL(address.url)
  if (protocol !== 'https:') return Promise.resolve(null)
  return new Promise((resolve, reject) => {
    const name = new URL(address.publicUrl).hostname
    // TLS knows no server name that is an address (RFC 6066).
    const servername = name.includes(':') || isIP(name) !== 0 ? '' : name
    // The date is wanted of a certificate that is not trusted, too; nothing is sent over this connection.
    const socket = connect({
      host: hostname.replaceAll(/[[\]]/g, ''),
      port: Number(port || 443),
      servername,
      rejectUnauthorized: false,
    })
    const end = (act: () => void) => {
      signal.removeEventListener('abort', expired)
      socket.destroy()
      act()
    }
    const expired = () => end(() => reject(new NetworkFailure('timeout')))
    signal.addEventListener('abort', expired, { once: true })
    socket.once('secureConnect', () => {
      const until = new Date(socket.getPeerCertificate().valid_to)
      if (Number.isNaN(until.getTime())) end(() => reject(new NetworkFailure('tls')))
      else end(() => resolve(until))
    })
    socket.once('error', (cause) =>
      end(() => reject(networkFailure(cause) ?? new NetworkFailure('tls', { cause }))),
    )
  })
}

/** A client for one server. Connections belong to the dispatcher, which its opener closes. */
export function serverClient(options: ClientOptions): ServerClient {
  return {
    ...options.address,
    request: async (path, request_ = {}) => {
      try {
        return await send(path, request_, options)
      } catch (cause) {
        throw networkFailure(cause) ?? cause
      }
    },
    certificateExpiry: () => certificateExpiry(options),
  }
}
