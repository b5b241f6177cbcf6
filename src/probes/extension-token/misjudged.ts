import { probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { mintExtensionToken, tokenKinds } from '../../servers/extension-token/mint-extension-token.ts'
import { useExtensionToken } from '../../servers/extension-token/use-extension-token.ts'
import { answerReasons } from '../../servers/refused-answer.ts'

/** Each token's share of the probe's ten seconds. */
const STEP_MS = 1_400

/**
 * Shows the route that takes extension tokens one good token and every kind of bad one. The good token has what the
 * route asks for, so it does what the route does: configure an action that is harmless each minute. Without configured
 * scopes the route is taken to need none, and a token that lacks one is not tried.
 */
export const extensionTokenMisjudged = probe({
  id: 'extension_token.misjudged',
  title: 'A server refuses a good extension token or accepts a bad one',
  every: '1m',
  timeout: '10s',
  scope: 'server',
  steps: tokenKinds,
  reasons: ['refused', 'accepted', ...answerReasons],
  needs: ['extensionSecret', 'extensionRoute', 'extensionIdentity'],
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'A server refuses good extension tokens or accepts bad ones',
    },
  ],
  async run({ server, policy: { extensionToken: policy }, trace, now, given }) {
    const { extensionSecret: secret, extensionIdentity: identity, extensionRoute: route } = given
    for (const kind of tokenKinds) {
      if (kind === 'missing_scope' && policy.scopes.length === 0) continue
      await trace.attempt(kind, '', async () => {
        const token = await mintExtensionToken({ kind, policy, identity, secret, now: now() })
        const { accepted, answer } = await useExtensionToken(server, { route, token, timeoutMs: STEP_MS })
        if (accepted === (kind === 'valid')) return
        throw new Refusal(accepted ? 'accepted' : 'refused', answerFacts(answer))
      })
    }
    return undefined
  },
})
