import type { Cookie } from 'set-cookie-parser'
import { gauge } from '../../catalogue/check.ts'
import { seconds } from '../../catalogue/duration.ts'
import { sessionRevocationLag } from '../../catalogue/families/journey.ts'
import { type ProbeScope, probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { ownOrigin } from '../../servers/own-origin.ts'
import { endLeftBehind } from '../../servers/session/end-left-behind.ts'
import { endSession } from '../../servers/session/end-session.ts'
import { cookieReasons, judgeCookie, LIFETIME_SLACK } from '../../servers/session/judge-cookie.ts'
import { type ReadSession, readSession } from '../../servers/session/read-session.ts'
import { isSessionCookie } from '../../servers/session/session-cookie.ts'
import { cookieHeader } from '../../servers/session/set-cookie.ts'
import { type Caller, type SignedIn, signIn, signInReasons } from '../../servers/session/sign-in.ts'
import { tenantAccess } from '../../servers/tenant-access.ts'

/** Together they leave two seconds of the probe's ten for signing out of a server that hangs half-way. */
const SIGN_IN_MS = 3_500
const STEP_MS = 1_500
/** After this there is no time to tidy up: what is left behind then is for a run on a server that is quick. */
const TIDY_WITHIN_MS = 2_000

const steps = ['sign_in', 'cookie', 'session', 'tenant', 'foreign_tenant', 'sign_out', 'revocation'] as const
const reasons = [
  ...signInReasons,
  ...cookieReasons,
  'no_cookie',
  'cookie_name',
  'session_null',
  'signing_key',
  'lifetime_shorter',
  'lifetime_longer',
  'tenant_refused',
  'foreign_tenant_accepted',
  'not_ended',
  'still_accepted',
] as const

type Wants = 'tenant' | 'foreignTenant' | 'tenantRoute' | 'authSecret' | 'session'
type Scope = ProbeScope<(typeof steps)[number], (typeof reasons)[number], 'account', Wants>

/**
 * What a user does, on one server: sign in, keep the cookie, be known, reach the own organization and no other, sign
 * out, be forgotten. One sign-in a run: better-auth allows an address three in ten seconds, and each costs the server a
 * password hash. The session is ended whatever happened. One whose
 * cookie a proxy strips can be ended at once only where the expected secret is configured; it and the session of a
 * sign-in that was answered too late are ended by a later run, on any server, when they are ten minutes old.
 */
export const journeySignInBroken = probe({
  id: 'journey.sign_in_broken',
  title: 'A user cannot sign in, stay signed in or sign out on a server',
  every: '1m',
  timeout: '10s',
  scope: 'server',
  steps,
  reasons,
  needs: ['account'],
  wants: ['tenant', 'foreignTenant', 'tenantRoute', 'authSecret', 'session'],
  gauges: { revocationLag: gauge(sessionRevocationLag, {}) },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'Users cannot sign in, stay signed in or sign out on a server',
    },
  ],
  async run(scope) {
    const { server, fleet, origins, routes, policy, trace, now, given } = scope
    const begun = now()
    const caller = { auth: routes.auth, origin: ownOrigin(server, origins), timeoutMs: STEP_MS }
    const session = await trace.step('sign_in', () =>
      signIn(server, { ...caller, timeoutMs: SIGN_IN_MS, account: given.account }),
    )
    try {
      await judgeCookies(scope, session)
      await useSession(scope, session)
      await useTenants(scope, session)
      if (now() - begun < TIDY_WITHIN_MS)
        await endLeftBehind({ session, server, kept: given.session }, caller)
    } finally {
      const secret = given.authSecret
      await trace.attempt('sign_out', '', () =>
        endSession({ session, server, fleet, policy: policy.cookie, secret }, caller),
      )
    }
    return revoked(scope, session, caller)
  },
})

async function judgeCookies(scope: Scope, { cookies, receivedAt }: SignedIn): Promise<void> {
  const { server, origins, routes, policy, trace, given } = scope
  const cookie = cookies.find(({ name }) => isSessionCookie(name, policy.cookie))
  if (cookie === undefined) {
    return trace.step('cookie', async () => {
      if (cookies.length === 0) throw new Refusal('no_cookie')
      const received = cookies.map(({ name }) => name.slice(0, 100)).join(', ')
      throw new Refusal('cookie_name', { expected: policy.cookie.name, received })
    })
  }
  const faults = judgeCookie(cookie, {
    ...{ policy: policy.cookie, publicUrl: server.publicUrl, origins, receivedAt },
    paths: [routes.auth, ...(given.tenantRoute === undefined ? [] : [given.tenantRoute])],
    lifetime: seconds(policy.sessionLifetime),
  })
  if (faults.length === 0) await trace.step('cookie', async () => {})
  for (const { reason, detail } of faults) {
    await trace.attempt('cookie', reason.replace('cookie_', ''), () =>
      Promise.reject(new Refusal(reason, detail)),
    )
  }
}

async function useSession({ server, routes, policy, trace }: Scope, signedIn: SignedIn): Promise<void> {
  const cookie = cookieHeader(signedIn.cookies)
  const session = await trace.step('session', async () => {
    const answer = await readSession(server, { auth: routes.auth, cookie, timeoutMs: STEP_MS })
    if (answer.kind === 'session') return answer
    if (answer.kind === 'unsigned') throw new Refusal('signing_key')
    throw new Refusal('session_null', { cleared: answer.cleared ? 'yes' : 'no' })
  })
  await trace.attempt('session', 'lifetime', async () =>
    judgeLifetime(session, seconds(policy.sessionLifetime)),
  )
}

async function useTenants({ server, trace, given }: Scope, { cookies }: SignedIn): Promise<void> {
  const { tenantRoute: route, tenant, foreignTenant } = given
  if (route === undefined) return
  const access = (slug: string) =>
    tenantAccess(server, { route, tenant: slug, cookie: cookieHeader(cookies), timeoutMs: STEP_MS })
  if (tenant !== undefined) {
    await trace.attempt('tenant', '', async () => {
      const { granted, answer } = await access(tenant)
      if (!granted) throw new Refusal('tenant_refused', answerFacts(answer))
    })
  }
  if (foreignTenant !== undefined) {
    await trace.attempt('foreign_tenant', '', async () => {
      const { granted, answer } = await access(foreignTenant)
      if (granted) throw new Refusal('foreign_tenant_accepted', answerFacts(answer))
    })
  }
}

function judgeLifetime({ createdAt, expiresAt }: ReadSession, policy: number): void {
  const lifetime = (expiresAt - createdAt) / 1_000
  if (Math.abs(lifetime - policy) <= LIFETIME_SLACK) return
  const detail = { expected: `${policy} s`, received: `${Math.round(lifetime)} s` }
  throw new Refusal(lifetime < policy ? 'lifetime_shorter' : 'lifetime_longer', detail)
}

/**
 * Shows the cookies of the ended session once more. The lag is what the cookie cache allows, measured by whether the
 * server still takes the cache now, and not by waiting until it no longer does.
 */
async function revoked({ server, trace }: Scope, { cookies }: SignedIn, { auth }: Caller) {
  const cookie = cookieHeader(cookies)
  const lag = await trace.attempt('revocation', '', async () => {
    const ended = await readSession(server, { auth, cookie })
    if (ended.kind !== 'null') throw new Refusal('still_accepted')
    const cached = await readSession(server, { auth, cookie, asVisitor: { cookieCache: true } })
    return cached.kind === 'null' ? 0 : cacheMaxAge(cookies)
  })
  return lag === undefined ? undefined : { gauges: { revocationLag: lag } }
}

/** Seconds. The cookie cache may be split over several cookies. */
function cacheMaxAge(cookies: readonly Cookie[]): number | undefined {
  return cookies.find(({ name }) => /session_data(\.\d+)?$/.test(name))?.maxAge
}
