import { type Answer, Refusal, type RequestOptions, type ServerClient } from '../catalogue/probe.ts'
import { answerFacts, errorCode } from './answer-facts.ts'

/** What better-auth's captcha plugin (1.7) answers, with status 400, to who brings no solution. */
const CAPTCHA_MISSING = 'MISSING_RESPONSE'

/**
 * As `request`, but the answer of a limiter or of a captcha, which no probe can solve, is refused as such: it says
 * nothing of what was asked for.
 */
export async function ask(server: ServerClient, path: string, options?: RequestOptions): Promise<Answer> {
  const answer = await server.request(path, options)
  if (answer.status === 429) throw new Refusal('rate_limited', answerFacts(answer))
  if (answer.status === 400 && errorCode(answer) === CAPTCHA_MISSING)
    throw new Refusal('captcha_required', answerFacts(answer))
  return answer
}

/**
 * As `ask`, for probes whose subject is smaller than "does it work": any 5xx is refused as `unusable_answer`. Others
 * judge whether the server works; what such an answer does not show must not be called wrong.
 */
export async function askWorking(
  server: ServerClient,
  path: string,
  options?: RequestOptions,
): Promise<Answer> {
  const answer = await ask(server, path, options)
  if (answer.status >= 500) throw new Refusal('unusable_answer', answerFacts(answer))
  return answer
}
