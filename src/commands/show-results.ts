import { createHttpApp } from '../http/create-http-app.ts'
import { listen } from '../http/listen.ts'
import { checkMetrics } from '../metrics/check-metrics.ts'
import { validUntil } from '../metrics/current-results.ts'
import { preparedMetrics } from '../metrics/prepared-metrics.ts'
import { openProcessMetrics } from '../metrics/process-metrics.ts'
import { webConfigMetrics } from '../metrics/web-config-metrics.ts'
import { workerMetrics } from '../metrics/worker-metrics.ts'
import { errorField, type Logger } from './logger.ts'
import { openPages, type PagesOptions } from './open-pages.ts'
import type { Watched } from './open-watched.ts'
import { openWebConfig } from './open-web-config.ts'
import { version } from './version.ts'

export interface ShowOptions extends PagesOptions {
  readonly watched: Watched
  readonly log: Logger
  /** How long requests under way may take to end when it is closed, in milliseconds. */
  readonly closeWithinMs: number
}

/** The worker's `/metrics` and pages, being served. */
export interface ShownResults extends AsyncDisposable {
  readonly url: string
  /** To be called when there is something new to show. */
  readonly prepare: () => void
}

/**
 * Serves what this worker knows, on the address of the configuration.
 * @throws {WebConfigError} when the web configuration cannot be used
 * @throws {HttpServerError} when the address cannot be listened on, or would be open to everybody
 */
export async function showResults(options: ShowOptions): Promise<ShownResults> {
  const { config, watched, latest, events, clock, status, log, closeWithinMs } = options
  const { probes } = watched
  const web = openWebConfig(config, log)
  const guarded = web === undefined ? {} : { web }
  const usage = openProcessMetrics({ version: version() })
  const pages = openPages(options)
  const metrics = preparedMetrics({
    workerMetrics: () => [
      ...workerMetrics(status),
      ...(web === undefined ? [] : webConfigMetrics(web.lastReload())),
    ],
    processMetrics: async () => [...(await probes.families()), ...(await usage.families())],
    clock: clock.now,
    seriesLimit: config.maxSeries,
  })
  const app = createHttpApp({
    version: version(),
    metrics,
    pages: pages.sources,
    notReady: () => (latest.all().length === 0 ? ['no check has run yet'] : []),
    countRequest: (request) => usage.countRequest(request),
    ingest: events.route,
    report: (cause) => log.error(errorField(cause), 'a request failed'),
    ...guarded,
  })
  const { host, port } = config.http
  const http = await listen(app, { host, port, closeWithinMs, ...guarded })
  const prepare = () => {
    pages.observe()
    metrics.prepare((now) => {
      const current = { ...pages.sources.snapshot(), now }
      const seen = events.metrics(now)
      const families = [...checkMetrics(current), ...seen.families]
      return { families, validUntil: Math.min(validUntil(current), seen.validUntil) }
    })
  }
  const close = async () => {
    await http[Symbol.asyncDispose]()
    usage[Symbol.dispose]()
    web?.[Symbol.dispose]()
  }
  return { url: http.url, prepare, [Symbol.asyncDispose]: close }
}
