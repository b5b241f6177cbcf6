import { randomBytes } from 'node:crypto'
import { type Answer, probe, Refusal, type ServerClient } from '../../catalogue/probe.ts'
import { answerFacts, errorCode } from '../../servers/answer-facts.ts'
import { ask } from '../../servers/ask.ts'
import { ownOrigin } from '../../servers/own-origin.ts'

/** Codes of better-auth 1.7 with which it refuses an origin. */
const ORIGIN_CODES: ReadonlySet<string | undefined> = new Set([
  'INVALID_ORIGIN',
  'MISSING_OR_NULL_ORIGIN',
  'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED',
])

/**
 * Signs in as somebody who does not exist: the 401 of a healthy server has been through limiter, origin check,
 * database and password hash. Once a run, because better-auth allows an address three sign-ins in ten seconds.
 * A deployment without passwords turns this probe off.
 */
export const signInUnhealthy = probe({
  id: 'sign_in.unhealthy',
  title: 'A server does not refuse a wrong sign-in as it should',
  every: '1m',
  timeout: '10s',
  scope: 'server',
  steps: ['sign_in', 'sign_out'],
  reasons: [
    'server_error',
    'accepted',
    'origin_refused',
    'forbidden',
    'not_found',
    'passwords_off',
    'unexpected_status',
  ],
  needs: [],
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'Signing in is broken on a server',
    },
  ],
  async run({ server, origins, routes, trace }) {
    const origin = ownOrigin(server, origins)
    await trace.step('sign_in', async () => {
      const answer = await signInAsNobody(server, { path: `${routes.auth}/sign-in/email`, origin })
      try {
        judge(answer)
      } finally {
        // Only a server that lets anybody in sets a cookie here; its session must not stay.
        if (answer.setCookies.length > 0) {
          const cookie = answer.setCookies.map((line) => line.split(';')[0]).join('; ')
          const request = { method: 'POST', json: {}, origin, cookie } as const
          await trace.attempt('sign_out', '', () => ask(server, `${routes.auth}/sign-out`, request))
        }
      }
    })
    return undefined
  },
})

function signInAsNobody(
  server: ServerClient,
  { path, origin }: { readonly path: string; readonly origin: string },
): Promise<Answer> {
  // The domain `invalid` is reserved (RFC 2606): the address can belong to nobody.
  const email = `authwatch-${randomBytes(6).toString('hex')}@example.invalid`
  const password = randomBytes(18).toString('base64url')
  return ask(server, path, { method: 'POST', json: { email, password }, origin })
}

function judge(answer: Answer): void {
  const { status } = answer
  if (status === 401) return
  const facts = answerFacts(answer)
  if (status >= 500) throw new Refusal('server_error', facts)
  if (status === 403) {
    throw new Refusal(ORIGIN_CODES.has(errorCode(answer)) ? 'origin_refused' : 'forbidden', facts)
  }
  if (status === 404) throw new Refusal('not_found', facts)
  if (errorCode(answer) === 'EMAIL_PASSWORD_DISABLED') throw new Refusal('passwords_off', facts)
  if (status === 200 && hasSession(answer)) throw new Refusal('accepted', facts)
  throw new Refusal('unexpected_status', facts)
}

function hasSession(answer: Answer): boolean {
  const body = answer.json()
  return typeof body === 'object' && body !== null && ('user' in body || 'token' in body)
}
