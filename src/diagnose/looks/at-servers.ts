import type { CookiePolicy } from '../../catalogue/fleet.ts'
import type { ServerClient } from '../../catalogue/probe.ts'
import type { Fleet } from '../../run/run-probe.ts'
import { readSession } from '../../servers/session/read-session.ts'
import { prefixOf, sessionCookieName } from '../../servers/session/session-cookie.ts'
import { compareSecret } from '../causes/cause.ts'
import { bad, good, type Look, skipped, unknown } from '../diagnosis.ts'
import { clientsOf } from './clients-of.ts'

const REQUEST_MS = 3_000

/** How a server took a cookie: as a session, as one that is over, under another name only, or not at all. */
type Taken = 'accepted' | 'signing_key' | 'ended' | 'other_name' | 'unrecognised' | 'no_answer'

export interface OnServers {
  readonly look: Look
  /** By one of them at least. */
  readonly isAccepted: boolean
}

/**
 * Shows a cookie to each server, which is asked neither to refresh the session nor to believe its cache. A server deletes
 * the row of a session that has expired when it is shown one: never call this with such a session.
 */
export async function lookAtServers(
  fleet: Fleet,
  shown: { readonly value: string; readonly isLive: boolean },
): Promise<OnServers> {
  if (fleet.servers.length === 0) return { look: skipped('no servers are configured'), isAccepted: false }
  const taken = await Promise.all(
    clientsOf(fleet).map(async (server) => [server.name, await take(server, fleet, shown.value)] as const),
  )
  const isAccepted = taken.some(([, how]) => how === 'accepted')
  const evidence = taken.map(([name, how]) => `${name} ${WORDS[how]}`).join(', ')
  const named = (how: Taken) => taken.flatMap(([name, each]) => (each === how ? [name] : [])).join(', ')
  const wrong = (['other_name', 'unrecognised', 'signing_key', 'ended'] as const).find((how) => {
    // A session that is over is over on each server: that is no server's fault.
    return named(how) !== '' && (how !== 'ended' || shown.isLive)
  })
  if (wrong !== undefined) {
    const look = bad({ evidence, severity: 'critical', ...CAUSES[wrong](named(wrong)) })
    return { look, isAccepted }
  }
  const isSilent = taken.some(([, how]) => how === 'no_answer')
  return { look: isSilent ? unknown(evidence) : good(evidence), isAccepted }
}

const WORDS: Readonly<Record<Taken, string>> = {
  accepted: 'accepts it',
  signing_key: 'finds it and fails with an empty 500',
  ended: 'says that it is over',
  other_name: 'knows it only under another name',
  unrecognised: 'does not recognise it',
  no_answer: 'did not answer',
}

type Cause = Pick<Extract<Look, { sign: 'bad' }>, 'cause' | 'fix' | 'runbook'>

const CAUSES: Readonly<Record<Exclude<Taken, 'accepted' | 'no_answer'>, (servers: string) => Cause>> = {
  other_name: (servers) => ({
    cause: `${servers} looks for the cookie under another name, with or without __Secure-: NODE_ENV, useSecureCookies or the scheme of BETTER_AUTH_URL differs there.`,
    fix: { say: `Give ${servers} the NODE_ENV and BETTER_AUTH_URL of the others, and restart it.` },
    runbook: 'AuthwatchJourneySignInBroken',
  }),
  unrecognised: (servers) => ({
    cause: `${servers} does not take the cookie's signature: another BETTER_AUTH_SECRET.`,
    fix: {
      say: `Compare on each server, and give ${servers} the secret of the others. If it is every server, the cookie is of an older secret: sign in again.`,
      run: [compareSecret('BETTER_AUTH_SECRET')],
    },
    runbook: 'AuthwatchSecretAuthDiffers',
  }),
  signing_key: (servers) => ({
    cause: `${servers} finds the session and cannot sign its token: the stored JWKS key does not open with the secret there.`,
    fix: { say: 'authwatch diagnose alert AuthwatchJwksUndecryptable tells which secret is wrong.' },
    runbook: 'AuthwatchJwksUndecryptable',
  }),
  ended: (servers) => ({
    cause: `${servers} does not find the session that is in the database: another database, or a replica that lags.`,
    fix: { say: `Compare DATABASE_URL of ${servers} with that of the others (host, database, schema).` },
    runbook: 'AuthwatchCredentialRefusedElsewhere',
  }),
}

async function take(server: ServerClient, fleet: Fleet, value: string): Promise<Taken> {
  const cookie = sessionCookieName(fleet.policy.cookie, server.publicUrl)
  try {
    const first = await ask(server, { auth: fleet.routes.auth, cookie: `${cookie}=${value}` })
    if (first !== 'unrecognised') return first
    const other = `${otherName(cookie, fleet.policy.cookie)}=${value}`
    const second = await ask(server, { auth: fleet.routes.auth, cookie: other })
    return second === 'unrecognised' ? 'unrecognised' : 'other_name'
  } catch {
    return 'no_answer'
  }
}

async function ask(
  server: ServerClient,
  question: { readonly auth: string; readonly cookie: string },
): Promise<Exclude<Taken, 'other_name' | 'no_answer'>> {
  const answer = await readSession(server, { ...question, timeoutMs: REQUEST_MS })
  if (answer.kind === 'session') return 'accepted'
  if (answer.kind === 'unsigned') return 'signing_key'
  return answer.cleared ? 'ended' : 'unrecognised'
}

function otherName(name: string, policy: CookiePolicy): string {
  return prefixOf(name) === '' ? `__Secure-${policy.name}` : policy.name
}
