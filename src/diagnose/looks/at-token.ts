import { compactVerify } from 'jose'
import type { ProbeCheck } from '../../catalogue/probe.ts'
import { probeNow } from '../../run/probe-now.ts'
import type { Fleet } from '../../run/run-probe.ts'
import { compareSecret } from '../causes/cause.ts'
import { bad, good, type Look, skipped, unknown } from '../diagnosis.ts'
import type { ShownToken } from '../facts/shown-token.ts'

/** Whether it is of the kind that the application makes. */
export function lookAtHeader({ header }: ShownToken): Look {
  const { alg } = header
  if (alg === 'HS256') return good('JWT, HS256')
  const said = alg?.slice(0, 20) ?? 'none'
  return bad({
    evidence: `alg ${said}`,
    severity: 'critical',
    cause: `The token is signed with ${said} and not with HS256: the application did not make it.`,
    fix: {
      say: 'Ask where it comes from. A server that accepts it must not: authwatch diagnose alert AuthwatchExtensionTokenMisjudged.',
    },
    runbook: 'An extension token is refused',
  })
}

/** Whether the expected secret signed it. */
export async function lookAtSignature(
  { token, header }: ShownToken,
  { secrets }: Fleet,
): Promise<Look | undefined> {
  if (header.alg !== 'HS256') return undefined
  const secret = secrets.extensionToken
  if (secret === undefined) return skipped('the expected secret is not configured (EXTENSION_TOKEN_SECRET)')
  const isSigned = await compactVerify(token, new TextEncoder().encode(secret), {
    algorithms: ['HS256'],
  }).then(
    () => true,
    () => false,
  )
  if (isSigned) return good('signed with it')
  return bad({
    evidence: 'not signed with it',
    severity: 'critical',
    cause:
      'The token is signed with another EXTENSION_TOKEN_SECRET than expected, or was changed: servers with the expected one refuse it.',
    fix: {
      say: 'Give all servers one secret; compare on each without showing it. Tokens of the other secret die with it: ask for a new one.',
      run: [compareSecret('EXTENSION_TOKEN_SECRET')],
    },
    runbook: 'AuthwatchSecretExtensionDiffers',
  })
}

/**
 * Whether each server holds the expected secret, as the probe of it tells. The token itself is shown to no server: it
 * would act for its user.
 */
export async function lookAtHolders({
  fleet,
  secretProbe,
}: {
  readonly fleet: Fleet
  readonly secretProbe: ProbeCheck
}): Promise<Look> {
  if (fleet.servers.length === 0) return skipped('no servers are configured')
  const runs = fleet.servers.map(async ({ name }) => {
    return [name, (await probeNow(secretProbe, { target: name, fleet })).verdict] as const
  })
  const verdicts = await Promise.all(runs)
  const [first] = verdicts
  if (first?.[1].state === 'skipped') return skipped(first[1].reason)
  const named = (state: string) =>
    verdicts.flatMap(([name, verdict]) => (verdict.state === state ? [name] : []))
  const wrong = named('fail').join(', ')
  const silent = named('error').join(', ')
  if (wrong === '') {
    return silent === '' ? good(named('pass').join(', ')) : unknown(`no answer to judge from ${silent}`)
  }
  return bad({
    evidence: `not on ${wrong}`,
    severity: 'critical',
    cause: `${wrong} holds another EXTENSION_TOKEN_SECRET than expected: tokens of the others fail there, and its own fail elsewhere.`,
    fix: {
      say: `Give ${wrong} the secret of the others and restart it. Compare on each server without showing it.`,
      run: [compareSecret('EXTENSION_TOKEN_SECRET')],
    },
    runbook: 'AuthwatchSecretExtensionDiffers',
  })
}
