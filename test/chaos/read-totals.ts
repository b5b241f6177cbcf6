import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { TestWorker } from '../support/worker.ts'
import { stepJudge } from './judge-ingest.ts'
import { readShown } from './shown-totals.ts'
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

/** What `/metrics` shows, once that is as many events as wanted, or after ten seconds. */
export async function waitForShown(worker: TestWorker, wanted: number): Promise<Tallied> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const shown = readShown(await worker.metrics())
    if (total(shown.events) === wanted || Date.now() > deadline) return shown
    await sleep(200)
  }
}

const MOST_STEPS_KEPT = 20

/** Scrapes whatever worker there is, all the time. */
export function watchTotal(url: string) {
  const stepsBack: string[] = []
  const judge = stepJudge()
  let scrapes = 0
  const stop = new AbortController()
  const scrape = async (): Promise<void> => {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    )
    const body = await answer?.text().catch(() => undefined)
    if (body === undefined) return
    if (body.includes('authwatch_auth_events_total')) scrapes += 1
    stepsBack.push(...judge(body).slice(0, MOST_STEPS_KEPT - stepsBack.length))
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
