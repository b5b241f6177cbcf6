import type { Answer, ServerClient } from '../../catalogue/probe.ts'
import { ask } from '../ask.ts'
import { refusedAnswer } from '../refused-answer.ts'

export interface TokenUse {
  readonly accepted: boolean
  readonly answer: Answer
}

/** Shows an extension token to the route that takes them. Throws Refusal when the answer is neither yes nor no. */
export async function useExtensionToken(
  server: ServerClient,
  {
    route,
    token,
    timeoutMs,
  }: { readonly route: string; readonly token: string; readonly timeoutMs?: number },
): Promise<TokenUse> {
  const headers = { authorization: `Bearer ${token}` }
  const options = {
    method: 'POST',
    json: {},
    headers,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  } as const
  const answer = await ask(server, route, options)
  const accepted = answer.status >= 200 && answer.status <= 299
  if (!accepted && answer.status !== 401 && answer.status !== 403) throw refusedAnswer(answer)
  return { accepted, answer }
}
