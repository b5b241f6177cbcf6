import { gauge } from '../../catalogue/check.ts'
import { secretMismatch } from '../../catalogue/families/secret.ts'
import { probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { asUnusable } from '../../servers/as-unusable.ts'
import { mintExtensionToken, type TokenKind } from '../../servers/extension-token/mint-extension-token.ts'
import { useExtensionToken } from '../../servers/extension-token/use-extension-token.ts'
import { sameRefusal } from '../../servers/same-refusal.ts'

const STEP_MS = 2_000

/**
 * A server holds another extension secret when it refuses a token signed with the expected one exactly as it refuses a
 * token signed with a random key. Refused in other words, the token has another fault, and the secret is right.
 */
export const secretExtensionDiffers = probe({
  id: 'secret.extension_differs',
  title: 'A server holds another EXTENSION_TOKEN_SECRET than expected',
  every: '1m',
  timeout: '5s',
  scope: 'server',
  steps: ['signature'],
  reasons: ['differs'],
  needs: ['extensionSecret', 'extensionRoute', 'extensionIdentity'],
  gauges: { mismatch: gauge(secretMismatch, { secret: 'extension_token' }) },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'A server holds another EXTENSION_TOKEN_SECRET than expected',
    },
  ],
  async run({ server, policy: { extensionToken: policy }, trace, now, given }) {
    const { extensionSecret: secret, extensionIdentity: identity, extensionRoute: route } = given
    const show = async (kind: TokenKind) => {
      const token = await mintExtensionToken({ kind, policy, identity, secret, now: now() })
      return asUnusable(() => useExtensionToken(server, { route, token, timeoutMs: STEP_MS }))
    }
    const right = await trace.attempt('signature', '', async () => {
      const good = await show('valid')
      if (good.accepted) return true
      const bad = await show('wrong_signature')
      if (!sameRefusal(good.answer, bad.answer)) return true
      throw new Refusal('differs', answerFacts(good.answer))
    })
    return { gauges: { mismatch: right === true ? 0 : 1 } }
  },
})
