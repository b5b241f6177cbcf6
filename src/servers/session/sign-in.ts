import type { Cookie } from 'set-cookie-parser'
import { z } from 'zod'
import { type Answer, Refusal, type Resources, type ServerClient } from '../../catalogue/probe.ts'
import { answerFacts } from '../answer-facts.ts'
import { ask } from '../ask.ts'
import { answerReasons, refusedAnswer } from '../refused-answer.ts'
import { cookiesSet } from './set-cookie.ts'

export const signInReasons = ['wrong_password', 'second_factor', ...answerReasons] as const

/** How and where a probe acts for the canary. */
export interface Caller {
  /** Where better-auth is mounted. */
  readonly auth: string
  /** Sent as the `Origin` header. */
  readonly origin: string
  readonly timeoutMs: number
}

/** A session that a probe made and must end. */
export interface SignedIn {
  readonly cookies: readonly Cookie[]
  /** Secret: the session's token, as the answer's body has it; the cookie holds it signed. */
  readonly token: string | undefined
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
}

const tokenSchema = z.object({ token: z.string().min(1) })
const secondFactorSchema = z.object({ twoFactorRedirect: z.literal(true) })

/** Signs in with a password. Whether the cookies are any good is for others to judge. Throws Refusal. */
export async function signIn(
  server: ServerClient,
  { auth, origin, timeoutMs, account }: Caller & { readonly account: Resources['account'] },
): Promise<SignedIn> {
  const answer = await ask(server, `${auth}/sign-in/email`, {
    method: 'POST',
    json: { email: account.email, password: account.password },
    origin,
    timeoutMs,
  })
  if (answer.status === 401) throw new Refusal('wrong_password', answerFacts(answer))
  if (answer.status !== 200 || answer.json() === undefined) throw refusedAnswer(answer)
  if (secondFactorSchema.safeParse(answer.json()).success) throw new Refusal('second_factor')
  return signedIn(answer)
}

function signedIn(answer: Answer): SignedIn {
  const body = tokenSchema.safeParse(answer.json())
  const { receivedAt } = answer
  return { cookies: cookiesSet(answer), token: body.success ? body.data.token : undefined, receivedAt }
}
