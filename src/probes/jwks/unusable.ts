import { gauge } from '../../catalogue/check.ts'
import { jwksPublishedKeys } from '../../catalogue/families/jwks.ts'
import { probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { ask } from '../../servers/ask.ts'
import { publishedKeys } from '../../servers/published-keys.ts'

/**
 * Whoever verifies tokens of the jwt plugin fetches these keys. Not found passes: the plugin is off, or publishes
 * elsewhere. Where the database has no key yet, better-auth makes the first one when it is asked.
 */
export const jwksUnusable = probe({
  id: 'jwks.unusable',
  title: 'The keys that a server publishes cannot verify its tokens',
  every: '1m',
  timeout: '10s',
  scope: 'server',
  steps: ['keys'],
  reasons: ['server_error', 'wrong_status', 'unparsable', 'no_keys', 'private_key_shown'],
  needs: [],
  gauges: { keys: gauge(jwksPublishedKeys, {}) },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'The published signing keys of a server cannot be used',
    },
  ],
  async run({ server, routes, trace }) {
    const keys = await trace.step('keys', async () => {
      const answer = await ask(server, `${routes.auth}/jwks`)
      if (answer.status >= 500) throw new Refusal('server_error', answerFacts(answer))
      return publishedKeys(answer)
    })
    return keys === undefined ? undefined : { gauges: { keys: keys.length } }
  },
})
