import { type Answer, Refusal, type RequestOptions, type ServerClient } from '../catalogue/probe.ts'
import { answerFacts } from './answer-facts.ts'

/** As `request`, but a limiter's answer is refused as `rate_limited`: it says nothing of what was asked for. */
export async function ask(server: ServerClient, path: string, options?: RequestOptions): Promise<Answer> {
  const answer = await server.request(path, options)
  if (answer.status === 429) throw new Refusal('rate_limited', answerFacts(answer))
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
