import { z } from 'zod'
import { Refusal, type ServerClient } from '../../catalogue/probe.ts'
import { answerFacts } from '../answer-facts.ts'
import { ask } from '../ask.ts'
import { refusedAnswer } from '../refused-answer.ts'
import { clearedCookies } from './cleared-cookies.ts'

export interface ReadSession {
  readonly kind: 'session'
  /** Milliseconds since the epoch, by the server's clock. */
  readonly expiresAt: number
  readonly createdAt: number
}

/** Found, but the answer was an empty 500: the jwt plugin signs it, with a key that it could not decrypt. */
export interface UnsignedSession {
  readonly kind: 'unsigned'
}

/**
 * better-auth 1.7 answers 200 `null` to every cookie it does not take. It clears the cookies of a session that has ended,
 * and leaves alone what it does not recognise: another secret's, or one under another name.
 */
export interface NoSession {
  readonly kind: 'null'
  readonly cleared: boolean
}

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const sessionSchema = z.object({ session: z.object({ expiresAt: instant, createdAt: instant }) })

export interface SessionQuestion {
  readonly auth: string
  /** The `Cookie` header. */
  readonly cookie: string
  /** Believe the cookie cache, and refresh a session that is due, as for any visitor. Default: neither. */
  readonly asVisitor?: { readonly cookieCache: boolean }
  readonly timeoutMs?: number
}

/** Asks for the session of a cookie. Throws Refusal when the answer tells nothing of it. */
export async function readSession(
  server: ServerClient,
  { auth, cookie, asVisitor, timeoutMs }: SessionQuestion,
): Promise<ReadSession | UnsignedSession | NoSession> {
  const query = [
    ...(asVisitor?.cookieCache === true ? [] : ['disableCookieCache=true']),
    ...(asVisitor === undefined ? ['disableRefresh=true'] : []),
  ]
  const path = `${auth}/get-session${query.length === 0 ? '' : `?${query.join('&')}`}`
  const answer = await ask(server, path, { cookie, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
  if (answer.status === 500 && answer.body === '') return { kind: 'unsigned' }
  if (answer.status !== 200) throw refusedAnswer(answer)
  const body = answer.json()
  if (body === null) return { kind: 'null', cleared: clearedCookies(answer).length > 0 }
  const parsed = sessionSchema.safeParse(body)
  if (!parsed.success) throw new Refusal('unexpected_answer', answerFacts(answer))
  return { kind: 'session', ...parsed.data.session }
}
