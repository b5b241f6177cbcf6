import type { CookiePolicy } from '../../catalogue/fleet.ts'
import { Refusal, type ServerClient } from '../../catalogue/probe.ts'
import { ask } from '../ask.ts'
import { refusedAnswer } from '../refused-answer.ts'
import { signSessionToken } from './forge-session-token.ts'
import { isSessionCookie } from './session-cookie.ts'
import { cookieHeader } from './set-cookie.ts'
import type { Caller, SignedIn } from './sign-in.ts'

/** Other servers that are asked to end a session when its own does not. */
const MOST_STAND_INS = 3

export interface OpenSession {
  readonly session: SignedIn
  /** Where it was made. */
  readonly server: ServerClient
  readonly fleet: readonly ServerClient[]
  readonly policy: CookiePolicy
  /** The secret that signs the cookie. With it a session whose cookie was lost on the way can be ended, too. */
  readonly secret: string | undefined
}

/**
 * Signs out, so that the probe leaves no row behind. When the session's own server fails, the others are asked to do it
 * and the failure is thrown all the same. Throws Refusal, `not_ended` when there is nothing to sign out with.
 */
export async function endSession(open: OpenSession, caller: Caller): Promise<void> {
  const cookie = cookieOf(open)
  if (cookie === undefined) throw new Refusal('not_ended')
  try {
    await signOut(open.server, { ...caller, cookie })
  } catch (cause) {
    const others = open.fleet.filter(({ name }) => name !== open.server.name).slice(0, MOST_STAND_INS)
    await Promise.allSettled(others.map((server) => signOut(server, { ...caller, cookie })))
    throw cause
  }
}

async function signOut(
  server: ServerClient,
  { auth, origin, cookie, timeoutMs }: Caller & { readonly cookie: string },
): Promise<void> {
  const options = { method: 'POST', json: {}, origin, cookie, timeoutMs } as const
  const answer = await ask(server, `${auth}/sign-out`, options)
  if (answer.status !== 200) throw refusedAnswer(answer)
}

function cookieOf({ session, policy, secret }: OpenSession): string | undefined {
  const { cookies, token } = session
  const cookie = cookieHeader([...cookies, ...rebuilt({ cookies, token, policy, secret })])
  return cookie === '' ? undefined : cookie
}

/** The session cookie that should have come and did not, under both names that the server may look for. */
function rebuilt({
  cookies,
  token,
  policy,
  secret,
}: Pick<SignedIn, 'cookies' | 'token'> & Pick<OpenSession, 'policy' | 'secret'>) {
  if (cookies.some(({ name }) => isSessionCookie(name, policy))) return []
  if (token === undefined || secret === undefined) return []
  const value = signSessionToken({ token, secret })
  return ['', '__Secure-'].map((prefix) => ({ name: `${prefix}${policy.name}`, value }))
}
