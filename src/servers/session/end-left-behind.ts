import { z } from 'zod'
import type { ServerClient } from '../../catalogue/probe.ts'
import { ask } from '../ask.ts'
import { isProbeUserAgent } from '../probe-user-agent.ts'
import { isServersFault } from '../servers-fault.ts'
import { cookieHeader } from './set-cookie.ts'
import type { Caller, SignedIn } from './sign-in.ts'

/**
 * Milliseconds that a probe's session is older than the one that asks. Runs take ten seconds; the rest is for servers
 * whose clocks differ, so that no session is ended that another run still uses.
 */
const LEFT_BEHIND_MS = 10 * 60_000
/** In one run. */
const MOST_ENDED = 10
/** Some hundreds of bytes are a session. */
const MAX_LIST_BYTES = 1024 * 1024

const listedSchema = z.object({
  token: z.string().min(1),
  userAgent: z.string(),
  createdAt: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
})

export interface LeftBehind {
  /** Must still live: it ends the others. */
  readonly session: SignedIn
  readonly server: ServerClient
  /** Cookie value of the session that is kept for days, whoever made it. */
  readonly kept: string | undefined
}

/**
 * Ends sessions of the canary that earlier probes made and could not end: the answer to their sign-in came too late, or
 * its cookie was lost, or the worker was killed. They are told by the probes' `User-Agent`, which better-auth stores.
 * What a server refuses to do now is left to the next run.
 */
export async function endLeftBehind({ session, server, kept }: LeftBehind, caller: Caller): Promise<void> {
  const { auth, origin, timeoutMs } = caller
  const options = { cookie: cookieHeader(session.cookies), origin, timeoutMs }
  try {
    const answer = await ask(server, `${auth}/list-sessions`, { ...options, maxBytes: MAX_LIST_BYTES })
    const tokens = leftBehind(answer.json(), { own: session.token, kept }).slice(0, MOST_ENDED)
    const end = (token: string) =>
      ask(server, `${auth}/revoke-session`, { ...options, method: 'POST', json: { token } })
    await Promise.all(tokens.map(end))
  } catch (cause) {
    if (!isServersFault(cause)) throw cause
  }
}

function leftBehind(
  list: unknown,
  { own, kept }: { readonly own: string | undefined; readonly kept: string | undefined },
): readonly string[] {
  if (!Array.isArray(list)) return []
  const sessions = list.flatMap((each) => listedSchema.safeParse(each).data ?? [])
  const asking = sessions.find(({ token }) => token === own)
  if (asking === undefined) return []
  const until = asking.createdAt - LEFT_BEHIND_MS
  return sessions
    .filter(({ userAgent, createdAt }) => isProbeUserAgent(userAgent) && createdAt < until)
    .map(({ token }) => token)
    .filter((token) => kept === undefined || !kept.startsWith(`${token}.`))
}
