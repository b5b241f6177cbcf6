import { Hono, type MiddlewareHandler } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { secureHeaders } from 'hono/secure-headers'
import type { Snapshot } from '../metrics/current-results.ts'
import { contentTypes } from '../metrics/exposition.ts'
import type { PreparedMetrics } from '../metrics/prepared-metrics.ts'
import type { HandledRequest } from '../metrics/process-metrics.ts'
import { INGEST_PATH, type IngestRouteOptions, ingestRoute } from './ingest-route.ts'
import { acceptsGzip, negotiateFormat } from './negotiate.ts'
import { renderStatusPage, styleHash } from './status-page.ts'
import { statusRows, type TitledCheck } from './status-rows.ts'

export interface HttpAppDependencies {
  readonly version: string
  readonly metrics: Pick<PreparedMetrics, 'exposition'>
  /** Why the worker is not ready, each a short phrase without secrets; empty when it is. Reads memory only. */
  notReady(): readonly string[]
  /** What the status page shows. Reads memory only. */
  snapshot(): Snapshot<TitledCheck>
  /** Called after each request. */
  countRequest(request: HandledRequest): void
  /** Told of what a route threw; the client learns nothing of it. */
  report(cause: unknown): void
  readonly runbook?: string
  /** Where applications report their events; absent: there is no such route. */
  readonly ingest?: Omit<IngestRouteOptions, 'report'>
}

/**
 * The routes of a worker; nothing listens yet. None but ingest waits for a backend, so each answers while all are down.
 */
export function createHttpApp(dependencies: HttpAppDependencies): Hono {
  const { version, metrics, notReady, snapshot, report, runbook, ingest } = dependencies
  const app = new Hono()
  app.use(counted(app, dependencies), secured(), notStored, methodNotAllowed({ app }))

  app.get('/', (c) => {
    const shown = snapshot()
    const page = { version, rows: statusRows(shown), notReady: notReady(), now: shown.now }
    return c.html(renderStatusPage(runbook === undefined ? page : { ...page, runbook }))
  })

  app.get('/metrics', async (c) => {
    const format = negotiateFormat(c.req.header('accept'))
    const gzip = acceptsGzip(c.req.header('accept-encoding'))
    const body = await metrics.exposition({ format, gzip })
    c.header('Content-Type', contentTypes[format])
    c.header('Vary', 'Accept, Accept-Encoding')
    if (gzip) c.header('Content-Encoding', 'gzip')
    return c.body(body)
  })

  app.get('/healthz', (c) => c.text('ok\n'))

  app.get('/readyz', (c) => {
    const reasons = notReady()
    return reasons.length === 0 ? c.json({ ready: true }) : c.json({ ready: false, reasons }, 503)
  })

  if (ingest !== undefined) app.post(INGEST_PATH, ingestRoute({ ...ingest, report }))

  app.notFound((c) => c.text('Not found\n', 404))
  app.onError((cause, c) => {
    report(cause)
    return c.text('Internal error\n', 500)
  })
  return app
}

/** Prometheus, and what scrapes as it does, says how long it waits; nobody else does. */
const SCRAPER_HEADER = 'x-prometheus-scrape-timeout-seconds'

/** A path that is no route is counted under one name: clients choose paths, and must not choose labels. */
function counted(app: Hono, { countRequest }: HttpAppDependencies): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = performance.now()
    await next()
    const known = app.routes.some(({ method, path }) => method !== 'ALL' && path === c.req.path)
    const seconds = (performance.now() - startedAt) / 1000
    const scraped = c.req.header(SCRAPER_HEADER) !== undefined
    countRequest({ route: known ? c.req.path : 'other', status: c.res.status, seconds, scraped })
  }
}

/** No HSTS: the header would bind every other port of the host as well. */
function secured(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: [styleHash()],
      imgSrc: ['data:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
    strictTransportSecurity: false,
  })
}

const notStored: MiddlewareHandler = async (c, next) => {
  await next()
  c.header('Cache-Control', 'no-store')
}
