import { gzipSync } from 'node:zlib'
import { eventTotals } from '../../src/events/event-totals.ts'
import { createIngest } from '../../src/events/ingest.ts'
import { ingestTokens } from '../../src/events/ingest-tokens.ts'
import { createHttpApp } from '../../src/http/create-http-app.ts'
import { type HttpServer, listen } from '../../src/http/listen.ts'
import { eventMetrics } from '../../src/metrics/event-metrics.ts'
import { preparedMetrics } from '../../src/metrics/prepared-metrics.ts'
import { openProcessMetrics } from '../../src/metrics/process-metrics.ts'
import type { StateStore } from '../../src/results/state-store.ts'
import { nothing, pageSources } from './pages/page-sources.ts'

/** As an operator makes one; no secret of anybody's. */
export const TOKEN = 'dGhpcyBpcyBvbmx5IGEgdGVzdCB0b2tlbiE'
export const NEXT_TOKEN = 'bmV4dCBpcyBvbmx5IGEgdGVzdCB0b2tlbiE'

export interface ServedIngest extends HttpServer {
  /** What routes threw, and faults of the state database. */
  readonly reported: readonly unknown[]
  /** Reads the totals anew and gives the exposition. */
  metrics(): Promise<string>
}

/** A worker's HTTP side with ingest, on a free loopback port, put together as a worker does it. */
export async function serveIngest(options: {
  readonly store: StateStore
  readonly servers?: readonly string[]
  readonly tokens?: readonly string[]
  readonly worker?: string
}): Promise<ServedIngest> {
  const { store, servers = ['crm-a', 'crm-b'], tokens = [TOKEN, NEXT_TOKEN], worker = 'one' } = options
  const usage = openProcessMetrics({ version: '0.0.1' })
  const metrics = preparedMetrics({
    workerMetrics: () => [],
    processMetrics: () => usage.families(),
    clock: Date.now,
  })
  const totals = eventTotals({ store: store.events, now: Date.now })
  const reported: unknown[] = []
  const app = createHttpApp({
    version: '0.0.1',
    metrics,
    notReady: () => [],
    pages: pageSources(nothing),
    countRequest: usage.countRequest,
    report: (cause) => reported.push(cause),
    ingest: {
      tokens: ingestTokens(tokens),
      ingest: createIngest({ store: store.events, worker, servers, now: Date.now }),
    },
  })
  const server = await listen(app, { port: 0, closeWithinMs: 1_000 })
  return {
    ...server,
    reported,
    async metrics() {
      await totals.sync()
      metrics.prepare((now) => eventMetrics({ totals, servers, now }))
      return (await metrics.exposition({ format: 'text', gzip: false })).toString('utf8')
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      usage[Symbol.dispose]()
    },
  }
}

export interface Sent {
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends what is given, whatever it is: bytes as they are, anything else as gzipped JSON. */
export async function send(
  { url }: Pick<HttpServer, 'url'>,
  body: unknown,
  { token = TOKEN, headers = {} }: Sent = {},
) {
  const raw = body instanceof Uint8Array
  const answer = await fetch(`${url}/ingest`, {
    method: 'POST',
    signal: AbortSignal.timeout(15_000),
    headers: {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: raw ? new Uint8Array(body) : new Uint8Array(gzipSync(JSON.stringify(body))),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, json: JSON.parse(text) as unknown }
}
