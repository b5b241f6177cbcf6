import { get } from './http-json.ts'
import { failing, passed, type Step, unknown } from './step.ts'

/** Three times Prometheus' usual interval of a minute. */
const SCRAPED_WITHIN_S = 180
const METRIC = /^authwatch_http_last_scrape_timestamp_seconds(?:\{[^}]*\})? (\S+)/m

/** Whether a worker runs at this URL, and whether a Prometheus asks it. Asking is no scrape: only scrapers say so. */
export async function workerSteps(url: string): Promise<readonly Step[]> {
  const health = await get(url, '/healthz')
  if (health === undefined)
    return [
      failing('worker.running', 'critical', {
        seen: 'no worker answers at its address',
        advice: 'start `authwatch serve`, or name a worker with --worker <url>',
      }),
    ]
  if (health.status !== 200 || health.text !== 'ok\n')
    return [
      unknown(
        'worker.running',
        `another program answers there (${health.status})`,
        'name a worker with --worker <url>',
      ),
    ]
  const ready = await get(url, '/readyz')
  const running =
    ready?.status === 503
      ? failing('worker.running', 'warning', {
          seen: 'the worker is not ready',
          advice: 'GET /readyz says why',
        })
      : passed('worker.running', 'a worker answers')
  return [running, await scrapedStep(url)]
}

async function scrapedStep(url: string): Promise<Step> {
  const id = 'worker.scraped'
  const metrics = await get(url, '/metrics')
  if (metrics?.status === 401)
    return unknown(
      id,
      '/metrics asks for credentials',
      'set AUTHWATCH_WORKER_URL=https://<user>:<password>@<host>:<port>',
    )
  const last = Number(METRIC.exec(metrics?.text ?? '')?.[1])
  if (metrics?.status !== 200 || Number.isNaN(last))
    return unknown(id, '/metrics does not tell when it was scraped', 'is this worker of the same release?')
  if (last === 0)
    return failing(id, 'critical', {
      seen: 'no Prometheus has scraped this worker since it started',
      advice: 'add it to scrape_configs; no alert can fire without it',
    })
  const age = Math.round(Date.now() / 1000 - last)
  if (age <= SCRAPED_WITHIN_S) return passed(id, `last scraped ${Math.max(0, age)} s ago`)
  return failing(id, 'critical', {
    seen: `last scraped ${age} s ago`,
    advice: 'look at the target in Prometheus; no alert can fire without it',
  })
}
