import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { TestWorker } from '../support/worker.ts'
import { type Tallied, total } from './storm.ts'

/** What the state database holds. */
export async function readStored(url: string): Promise<Tallied> {
  return await withClient(url, async (client) => {
    const events = await client.query<{ key: string; n: number }>(`
      select concat_ws(' ', server, operation, outcome, reason) as key, count::float8 as n
      from authwatch.auth_event_counter where count > 0`)
    const timed = await client.query<{ key: string; n: number }>(`
      select concat_ws(' ', server, operation, outcome) as key,
             (select sum(events) from unnest(buckets) as events)::float8 as n
      from authwatch.auth_event_duration`)
    return { events: toMap(events.rows), timed: toMap(timed.rows) }
  })
}

const toMap = (rows: readonly { readonly key: string; readonly n: number }[]) =>
  new Map(rows.map(({ key, n }) => [key, n]))

export async function readRest(url: string): Promise<{ readonly dropped: number; readonly batches: number }> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ dropped: number; batches: number }>(`
      select (select sum(dropped)::float8 from authwatch.auth_event_server) as dropped,
             (select sum(sequence)::float8 from authwatch.ingest_source) as batches`)
    return rows[0]!
  })
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const SAMPLE = /^authwatch_auth_(events_total|duration_seconds_count)\{(.*)\} (\S+)$/gm

/** In the order in which labels are written: by name. */
function readShown(exposition: string): Tallied {
  const events = new Map<string, number>()
  const timed = new Map<string, number>()
  for (const [, name, labels = '', value] of exposition.matchAll(SAMPLE)) {
    if (Number(value) === 0) continue
    const of = Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]),
    )
    const key = `${of.server} ${of.operation} ${of.outcome}`
    if (name === 'events_total') events.set(`${key} ${of.reason}`, Number(value))
    else timed.set(key, Number(value))
  }
  return { events, timed }
}

/** What `/metrics` shows, once that is as many events as wanted, or after ten seconds. */
export async function waitForShown(worker: TestWorker, wanted: number): Promise<Tallied> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const shown = readShown(await worker.metrics())
    if (total(shown.events) === wanted || Date.now() > deadline) return shown
    await sleep(200)
  }
}

/** Scrapes whatever worker there is, all the time. */
export function watchTotal(url: string) {
  let highest = 0
  let stepsBack = 0
  let scrapes = 0
  const stop = new AbortController()
  const scrape = async (): Promise<void> => {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    )
    const body = await answer?.text().catch(() => undefined)
    if (body === undefined) return
    const shown = readShown(body)
    // A worker that does not know the totals yet shows none, which is no step back.
    if (!body.includes('authwatch_auth_events_total')) return
    scrapes += 1
    const now = total(shown.events)
    if (now < highest) stepsBack += 1
    highest = Math.max(highest, now)
  }
  const watching = (async () => {
    while (!stop.signal.aborted) {
      await scrape()
      await sleep(250)
    }
  })()
  return {
    seen: () => ({ stepsBack, scrapes }),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await watching
    },
  }
}
