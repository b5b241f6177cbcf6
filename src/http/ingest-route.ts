import type { Handler } from 'hono'
import type { Ingest } from '../events/ingest.ts'
import { IngestRefusal } from '../events/ingest-refusal.ts'
import type { IngestTokens } from '../events/ingest-tokens.ts'
import { refusalLimit } from '../events/refusal-limit.ts'

export const INGEST_PATH = '/ingest'

export interface IngestRouteOptions {
  readonly tokens: IngestTokens
  readonly ingest: Ingest
  /** Told why a batch could not be counted though it was right; the client learns nothing of it. */
  report(cause: unknown): void
}

/** Of a batch of events, once it is counted: 200 with its sequence. Nothing of the body is read without the token. */
export function ingestRoute({ tokens, ingest, report }: IngestRouteOptions): Handler {
  const refuse = refusalLimit(() => performance.now())
  return async (c) => {
    if (!tokens.configured) return c.json({ error: 'ingest is off: AUTHWATCH_INGEST_TOKEN is not set' }, 404)
    if (!tokens.accepts(c.req.header('authorization'))) {
      const wait = refuse()
      if (wait > 0) return c.json({ error: 'too many wrong tokens' }, 429, { 'Retry-After': String(wait) })
      return c.json({ error: 'the token is wrong' }, 401, { 'WWW-Authenticate': 'Bearer' })
    }
    try {
      return c.json({ applied: await ingest.accept(c.req.raw) })
    } catch (cause) {
      if (!(cause instanceof IngestRefusal)) throw cause
      const { status, message, retryAfter } = cause
      if (cause.cause !== undefined) report(cause.cause)
      return c.json({ error: message }, status, {
        ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
      })
    }
  }
}
