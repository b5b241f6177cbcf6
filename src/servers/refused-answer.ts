import { type Answer, Refusal } from '../catalogue/probe.ts'
import { answerFacts, errorCode } from './answer-facts.ts'

/** Reasons an answer other than the hoped-for one is told by. */
export const answerReasons = [
  'origin_refused',
  'forbidden',
  'not_found',
  'server_error',
  'unexpected_answer',
] as const

/** Codes of better-auth 1.7 with which it refuses an origin. */
const ORIGIN_CODES: ReadonlySet<string | undefined> = new Set([
  'INVALID_ORIGIN',
  'MISSING_OR_NULL_ORIGIN',
  'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED',
])

/** What to throw for an answer that cannot be used. */
export function refusedAnswer(answer: Answer): Refusal<(typeof answerReasons)[number]> {
  const { status } = answer
  const facts = answerFacts(answer)
  if (status >= 500) return new Refusal('server_error', facts)
  if (ORIGIN_CODES.has(errorCode(answer))) return new Refusal('origin_refused', facts)
  if (status === 403) return new Refusal('forbidden', facts)
  return new Refusal(status === 404 ? 'not_found' : 'unexpected_answer', facts)
}
