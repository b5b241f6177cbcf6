import { Hono, type MiddlewareHandler } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { secureHeaders } from 'hono/secure-headers'
import type { PreparedMetrics } from '../metrics/prepared-metrics.ts'
import type { HandledRequest } from '../metrics/process-metrics.ts'
import { INGEST_PATH, type IngestRouteOptions, ingestRoute } from './ingest-route.ts'
import type { ListeningApp } from './listen.ts'
import { expositionFor, METRICS_PATH, metricsHead, SCRAPER_HEADER } from './metrics-head.ts'
import { addPageRoutes, CHECK_PATH } from './page-routes.ts'
import type { PageSources } from './pages/page-sources.ts'
import { promptMetrics } from './prompt-metrics.ts'
import type { FollowedWebConfig } from './web-config/follow-web-config.ts'
import { webAccess } from './web-config/web-access.ts'

export interface HttpAppDependencies {
  readonly version: string
  readonly metrics: Pick<PreparedMetrics, 'exposition'>
  /** Why the worker is not ready, each a short phrase without secrets; empty when it is. Reads memory only. */
  notReady(): readonly string[]
  /** What the pages show. */
  readonly pages: PageSources
  /** Called after each request. */
  countRequest(request: HandledRequest): void
  /** Told of what a route threw; the client learns nothing of it. */
  report(cause: unknown): void
  /** Where applications report their events; absent: there is no such route. */
  readonly ingest?: Omit<IngestRouteOptions, 'report'>
  /** Who is let in, and the headers of every answer. Absent: everybody. */
  readonly web?: Pick<FollowedWebConfig, 'current'>
}

/**
 * The routes of a worker; nothing listens yet. Ingest waits for a backend, and the page of a check for about a second;
 * every other route reads memory only, so each answers while all are down.
 */
export function createHttpApp(dependencies: HttpAppDependencies): ListeningApp {
  const { version, metrics, notReady, pages, report, ingest, web, countRequest } = dependencies
  const guard = web === undefined ? undefined : { web, access: webAccess({ web, open: OPEN_PATHS }) }
  const dress = [secured(), notStored, ...(guard === undefined ? [] : [guard.access.headers])]
  const app = new Hono()
  app.use(counted(app, dependencies), ...dress)
  if (guard !== undefined) app.use(guard.access.identify)
  app.use(methodNotAllowed({ app }))

  addPageRoutes(app, { version, sources: pages, notReady })

  app.get(METRICS_PATH, async (c) => {
    const accept = c.req.header('accept')
    const asked = expositionFor({ accept, acceptEncoding: c.req.header('accept-encoding') })
    return c.body(await metrics.exposition(asked), 200, metricsHead(asked))
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
  const prompt = promptMetrics({ metrics, dress, countRequest, ...(guard === undefined ? {} : { guard }) })
  return { fetch: (request) => app.fetch(request), prompt }
}

/** Applications have a token of their own to report with; whoever keeps the process alive has no password. */
const OPEN_PATHS = [INGEST_PATH, '/healthz']

const CHECKS = CHECK_PATH.slice(0, CHECK_PATH.indexOf(':'))

/** A path that is no route is counted under one name: clients choose paths, and must not choose labels. */
function counted(app: Hono, { countRequest }: HttpAppDependencies): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = performance.now()
    await next()
    const path = c.req.path.startsWith(CHECKS) ? CHECK_PATH : c.req.path
    const known = app.routes.some((route) => route.method !== 'ALL' && route.path === path)
    const seconds = (performance.now() - startedAt) / 1000
    const scraped = c.req.header(SCRAPER_HEADER) !== undefined
    countRequest({ route: known ? path : 'other', status: c.res.status, seconds, scraped })
  }
}

/**
 * No HSTS: the header would bind every other port of the host as well. Nothing for plugins and browsers of the past
 * either: at a small exposition, headers are what an answer costs.
 */
function secured(): MiddlewareHandler {
  return secureHeaders({
    strictTransportSecurity: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
  })
}

const notStored: MiddlewareHandler = async (c, next) => {
  await next()
  if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
}
