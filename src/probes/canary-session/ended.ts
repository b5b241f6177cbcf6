import { gauge } from '../../catalogue/check.ts'
import { canarySessionExpiry } from '../../catalogue/families/journey.ts'
import { probe, Refusal } from '../../catalogue/probe.ts'
import { answerReasons } from '../../servers/refused-answer.ts'
import { readSession } from '../../servers/session/read-session.ts'
import { sessionCookieName } from '../../servers/session/session-cookie.ts'
import { cookieHeader } from '../../servers/session/set-cookie.ts'

/**
 * A session of days must live until it should end. It is asked for as a visitor does, so that better-auth extends it
 * when it is due (once a day by default) and it never ends by itself; only the cookie cache is passed over. Where the
 * application extends no sessions, its end is announced.
 */
export const canarySessionEnded = probe({
  id: 'canary_session.ended',
  title: 'The long-lived canary session is not accepted by a server',
  every: '1m',
  timeout: '5s',
  scope: 'server',
  steps: ['session'],
  reasons: ['session_null_cleared', 'session_null', 'signing_key', ...answerReasons],
  needs: ['session'],
  gauges: { secondsLeft: gauge(canarySessionExpiry, {}) },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '3m',
      summary: 'A session that should still live is not accepted: users may be logged out',
    },
    {
      severity: 'info',
      // Half of the day after which better-auth extends a session, unless it is set otherwise.
      when: [{ metric: 'secondsLeft', is: 'below', threshold: 43_200 }],
      for: '5m',
      summary: 'The long-lived canary session is about to end and has to be replaced',
    },
  ],
  async run({ server, routes, policy, trace, now, given }) {
    const name = sessionCookieName(policy.cookie, server.publicUrl)
    const session = await trace.step('session', async () => {
      const answer = await readSession(server, {
        auth: routes.auth,
        cookie: cookieHeader([{ name, value: given.session }]),
        asVisitor: { cookieCache: false },
      })
      if (answer.kind === 'session') return answer
      if (answer.kind === 'unsigned') throw new Refusal('signing_key')
      throw new Refusal(answer.cleared ? 'session_null_cleared' : 'session_null')
    })
    return { gauges: { secondsLeft: (session.expiresAt - now()) / 1_000 } }
  },
})
