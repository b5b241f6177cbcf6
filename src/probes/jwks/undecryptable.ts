import { gauge } from '../../catalogue/check.ts'
import { jwksSigningKeyAge, jwksStoredKeys } from '../../catalogue/families/jwks.ts'
import { probe, Refusal, type SigningKeyFact } from '../../catalogue/probe.ts'

/**
 * The jwt plugin signs with the newest key of an algorithm that has not expired. When the secret does not decrypt it,
 * every signed-in `get-session` answers 500 while anonymous requests look healthy. Older keys only verify, for which
 * the public half is enough.
 *
 * A key under versioned secrets (`BETTER_AUTH_SECRETS`) may belong to a version that authwatch was not given: it is
 * counted as unknown and not called wrong.
 */
export const jwksUndecryptable = probe({
  id: 'jwks.undecryptable',
  title: 'A stored signing key cannot be decrypted with the expected secret',
  every: '1m',
  timeout: '10s',
  scope: 'fleet',
  steps: ['decrypt'],
  reasons: ['undecryptable'],
  needs: ['signingKeys', 'authSecret'],
  gauges: {
    decryptable: gauge(jwksStoredKeys, { state: 'decryptable' }),
    undecryptable: gauge(jwksStoredKeys, { state: 'undecryptable' }),
    unknown: gauge(jwksStoredKeys, { state: 'unknown' }),
    age: gauge(jwksSigningKeyAge, {}),
  },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'The signing key in the database cannot be decrypted: signed-in users get errors',
    },
  ],
  async run({ given, trace }) {
    const keys = await given.signingKeys.decryptable(given.authSecret)
    for (const key of newestOfEach(keys)) {
      await trace.attempt('decrypt', key.id, async () => {
        if (stateOf(key) === 'undecryptable') throw new Refusal('undecryptable', { algorithm: key.algorithm })
      })
    }
    const count = (state: KeyState) => keys.filter((key) => stateOf(key) === state).length
    const [newest] = keys
    return {
      gauges: {
        decryptable: count('decryptable'),
        undecryptable: count('undecryptable'),
        unknown: count('unknown'),
        ...(newest === undefined ? {} : { age: newest.ageSeconds }),
      },
    }
  },
})

type KeyState = 'decryptable' | 'undecryptable' | 'unknown'

function stateOf({ decryptable, isVersioned }: SigningKeyFact): KeyState {
  if (decryptable) return 'decryptable'
  return isVersioned ? 'unknown' : 'undecryptable'
}

function newestOfEach(keys: readonly SigningKeyFact[]): readonly SigningKeyFact[] {
  const seen = new Set<string>()
  return keys.filter(({ algorithm }) => !seen.has(algorithm) && seen.add(algorithm))
}
