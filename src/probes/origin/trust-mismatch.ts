import { type Answer, probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { askWorking } from '../../servers/ask.ts'
import { foreignOrigins } from '../../servers/foreign-origins.ts'

/** better-auth checks the origin of every POST that carries a cookie, whichever; this one is nobody's. */
const COOKIE = 'authwatch=probe'

/**
 * better-auth's own origin check, asked with a sign-out that signs nobody out: it writes nothing and is not limited as
 * sign-in is. A refused origin is one line in the application's log, so this runs less often than the others.
 */
export const originTrustMismatch = probe({
  id: 'origin.trust_mismatch',
  title: 'A server does not trust the declared origins and no others',
  every: '2m',
  timeout: '10s',
  scope: 'server',
  steps: ['declared', 'hostile'],
  reasons: ['refused', 'hostile_trusted', 'not_found'],
  needs: [],
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'better-auth refuses a declared origin, or trusts a foreign one',
    },
  ],
  async run({ server, origins, hostileOrigin, routes, trace }) {
    const signOut = async (origin: string): Promise<Answer> => {
      const path = `${routes.auth}/sign-out`
      const answer = await askWorking(server, path, { method: 'POST', json: {}, cookie: COOKIE, origin })
      if (answer.status === 404) throw new Refusal('not_found', answerFacts(answer))
      return answer
    }
    const declared = (origin: string) =>
      trace.attempt('declared', origin, async () => {
        const answer = await signOut(origin)
        if (answer.status === 403) throw new Refusal('refused', answerFacts(answer))
      })
    const foreign = (origin: string) =>
      trace.attempt('hostile', origin, async () => {
        const answer = await signOut(origin)
        if (answer.status !== 403) throw new Refusal('hostile_trusted', answerFacts(answer))
      })
    await Promise.all(origins.map(declared))
    await Promise.all(foreignOrigins({ origins, hostileOrigin }).map(foreign))
    return undefined
  },
})
