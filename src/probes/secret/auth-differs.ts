import { gauge } from '../../catalogue/check.ts'
import { secretMismatch } from '../../catalogue/families/secret.ts'
import { probe, Refusal } from '../../catalogue/probe.ts'
import { ask, askWorking } from '../../servers/ask.ts'
import { ownOrigin } from '../../servers/own-origin.ts'
import { clearedCookies } from '../../servers/session/cleared-cookies.ts'
import { forgeSessionCookie } from '../../servers/session/forge-session-token.ts'

/** A server knows its cookie under one of these; `NODE_ENV` and the URL decide which, and that is not judged here. */
const PREFIXES = ['', '__Secure-', '__Host-']

/**
 * Asks for the session of a random token that is signed with the expected secret. A server that holds the secret
 * finds the signature good and the session missing, and clears the cookie; one with another secret ignores it. Needs
 * no account, writes nothing, and shows the server nothing of the secret.
 *
 * Nothing cleared may also mean that the server's cookie has another name: an anonymous sign-out tells the name, and
 * then it is asked again.
 */
export const secretAuthDiffers = probe({
  id: 'secret.auth_differs',
  title: 'A server does not accept session cookies signed with the expected secret',
  every: '1m',
  timeout: '10s',
  scope: 'server',
  steps: ['forged', 'cookie_name', 'forged_again'],
  reasons: ['differs', 'cookie_name'],
  needs: ['authSecret'],
  gauges: { mismatch: gauge(secretMismatch, { secret: 'auth' }) },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'mismatch', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'A server holds another BETTER_AUTH_SECRET than the expected one',
    },
    {
      severity: 'warning',
      when: [
        { metric: 'offenders', is: 'above', threshold: 0 },
        { metric: 'mismatch', is: 'below', threshold: 1 },
      ],
      for: '5m',
      summary: 'A server names its session cookie otherwise than the configuration says',
    },
  ],
  async run({ server, origins, policy, routes, given, trace }) {
    const clearsForged = async (names: readonly string[]): Promise<boolean> => {
      const value = forgeSessionCookie(given.authSecret)
      const cookie = names.map((name) => `${name}=${value}`).join('; ')
      const path = `${routes.auth}/get-session?disableCookieCache=true&disableRefresh=true`
      const cleared = clearedCookies(await askWorking(server, path, { cookie }))
      return cleared.some((name) => names.includes(name))
    }
    const expected = PREFIXES.map((prefix) => prefix + policy.cookie.name)
    if (await trace.step('forged', () => clearsForged(expected))) return { gauges: { mismatch: 0 } }

    const names = await trace.step('cookie_name', async () => {
      const request = { method: 'POST', json: {}, origin: ownOrigin(server, origins) } as const
      const cleared = clearedCookies(await ask(server, `${routes.auth}/sign-out`, request))
      // Somebody strips Set-Cookie, or this is not better-auth: either way nothing can be told.
      if (cleared.length === 0) throw new Refusal('unusable_answer', { header: 'set-cookie' })
      return cleared
    })
    const isKnown = names.some((name) => expected.includes(name))
    if (isKnown || !(await trace.step('forged_again', () => clearsForged(names)))) {
      trace.fail('forged', 'differs')
      return { gauges: { mismatch: 1 } }
    }
    trace.fail('cookie_name', 'cookie_name', { expected: policy.cookie.name, cleared: names.join(' ') })
    return { gauges: { mismatch: 0 } }
  },
})
