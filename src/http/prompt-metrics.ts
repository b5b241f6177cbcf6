import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Hono, type MiddlewareHandler } from 'hono'
import type { ExpositionRequest, PreparedMetrics } from '../metrics/prepared-metrics.ts'
import type { HandledRequest } from '../metrics/process-metrics.ts'
import { expositionFor, METRICS_PATH, metricsHead, SCRAPER_HEADER } from './metrics-head.ts'
import type { FollowedWebConfig } from './web-config/follow-web-config.ts'
import type { WebAccess } from './web-config/web-access.ts'

/** Answers a request, or leaves it untouched to `next`. */
export type PromptAnswer = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  next: RequestListener,
) => void

export interface PromptMetricsOptions {
  readonly metrics: Pick<PreparedMetrics, 'exposition'>
  /** What puts the headers on every answer of the router. */
  readonly dress: readonly MiddlewareHandler[]
  /** Absent: everybody is let in. */
  readonly guard?: {
    readonly access: Pick<WebAccess, 'admits'>
    readonly web: Pick<FollowedWebConfig, 'current'>
  }
  countRequest(request: HandledRequest): void
}

interface Answer {
  /** Names and values by turns, as Node takes them without another look. */
  readonly head: string[]
  readonly body: Buffer
  /** The web configuration that the head was made with. */
  readonly by: unknown
}

/**
 * Answers a plain `GET /metrics` of somebody who is known to be let in with the bytes that are there, past the router,
 * which costs several times as much as sending them. Whatever is unusual or goes wrong is left to the router.
 */
export function promptMetrics(options: PromptMetricsOptions): PromptAnswer {
  const { metrics, dress, guard, countRequest } = options
  const negotiate = negotiation()
  const answers = new WeakMap<Promise<Buffer>, Answer>()

  const prepare = async (asked: ExpositionRequest, bytes: Promise<Buffer>): Promise<Answer> => {
    const by = guard?.web.current()
    const [body, headers] = await Promise.all([bytes, dressed(dress, metricsHead(asked))])
    headers.set('content-length', String(body.length))
    const answer = { head: [...headers].flat(), body, by }
    answers.set(bytes, answer)
    return answer
  }

  const send = ({ incoming, outgoing, startedAt }: Exchange, { head, body }: Answer): void => {
    const seconds = (performance.now() - startedAt) / 1000
    const scraped = incoming.headers[SCRAPER_HEADER] !== undefined
    countRequest({ route: METRICS_PATH, status: 200, seconds, scraped })
    outgoing.writeHead(200, head).end(body)
  }

  return (incoming, outgoing, next) => {
    const exchange = { incoming, outgoing, startedAt: performance.now() }
    try {
      if (!isPlain(incoming) || guard?.access.admits(authorizationOf(incoming)) === false)
        return next(incoming, outgoing)
      const asked = negotiate(incoming.headers)
      const bytes = metrics.exposition(asked)
      const known = answers.get(bytes)
      if (known !== undefined && known.by === guard?.web.current()) return send(exchange, known)
      prepare(asked, bytes)
        .then((answer) => send(exchange, answer))
        .catch(() => leave(exchange, next))
    } catch {
      leave(exchange, next)
    }
  }
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly startedAt: number
}

function leave({ incoming, outgoing }: Exchange, next: RequestListener): void {
  if (outgoing.headersSent) outgoing.destroy()
  else next(incoming, outgoing)
}

/** Names and addresses that need no reading; the router refuses some of the others. */
const PLAIN_HOST = /^[a-z0-9._-]+(:(\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}))?$/

function isPlain({ method, url, headers }: IncomingMessage): boolean {
  return method === 'GET' && url === METRICS_PATH && PLAIN_HOST.test(headers.host ?? '')
}

/** As the router reads it: two of them make one that is wrong. */
function authorizationOf(incoming: IncomingMessage): string | undefined {
  return incoming.headers.authorization && incoming.headersDistinct.authorization?.join(', ')
}

/** Remembers the last one: who scrapes asks the same each time. */
function negotiation() {
  const read = ({ accept, 'accept-encoding': encoding }: IncomingHttpHeaders) => ({
    accept,
    encoding,
    asked: expositionFor({ accept, acceptEncoding: encoding }),
  })
  let last = read({})
  return (headers: IncomingHttpHeaders): ExpositionRequest => {
    const same = headers.accept === last.accept && headers['accept-encoding'] === last.encoding
    if (!same) last = read(headers)
    return last.asked
  }
}

/** What the router's own middleware makes of the exposition's headers. */
async function dressed(dress: readonly MiddlewareHandler[], own: Record<string, string>): Promise<Headers> {
  const app = new Hono()
  app.use(...dress)
  app.get(METRICS_PATH, (c) => c.body(null, 200, own))
  return (await app.request(METRICS_PATH)).headers
}
