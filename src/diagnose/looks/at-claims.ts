import { seconds } from '../../catalogue/duration.ts'
import type { ExtensionTokenPolicy } from '../../catalogue/fleet.ts'
import { bad, good, type Look, skipped } from '../diagnosis.ts'
import type { ShownToken } from '../facts/shown-token.ts'
import { sayInstant, sayLength, sayWhen } from '../say-time.ts'

type Claims = ShownToken['claims']

/** By how much clocks of healthy servers may differ. */
const SKEW_MS = 30_000
const RUNBOOK = 'An extension token is refused'
const NEW_TOKEN = 'Ask for a new token; the extension must ask for one by itself before the old one ends.'

/** Beginning and end, by the database's clock, which all servers share. */
export function lookAtTimes(
  { exp, iat, nbf }: Claims,
  { now, policy }: { readonly now: Date; readonly policy: ExtensionTokenPolicy },
): Look {
  if (exp === undefined) {
    const cause = 'The token has no end: a verifier that asks for one refuses it.'
    const fix = { say: 'The application makes none such; find out who did.' }
    return bad({ evidence: 'no exp', severity: 'critical', cause, fix, runbook: RUNBOOK })
  }
  const lifetime = iat === undefined ? '' : `; made to last ${sayLength(exp.getTime() - iat.getTime())}`
  if (exp <= now) {
    return bad({
      evidence: `expired ${sayWhen(exp, now)}, at ${sayInstant(exp)}${lifetime}`,
      severity: 'critical',
      cause: `The token expired ${sayWhen(exp, now)}.`,
      fix: { say: NEW_TOKEN },
      runbook: RUNBOOK,
    })
  }
  const start = [nbf, iat].find((each) => each !== undefined && each.getTime() > now.getTime() + SKEW_MS)
  if (start !== undefined) {
    return bad({
      evidence: `made for ${sayInstant(start)}, which is ${sayWhen(start, now)}`,
      severity: 'critical',
      cause: `The token begins ${sayWhen(start, now)}: the clock of the server that made it is ahead.`,
      fix: { say: 'authwatch diagnose alert AuthwatchClockSkewed names the server; synchronise its clock.' },
      runbook: 'AuthwatchClockSkewed',
    })
  }
  const longest = seconds(policy.lifetime) * 1_000 + SKEW_MS
  if (iat !== undefined && exp.getTime() - iat.getTime() > longest) {
    return bad({
      evidence: `until ${sayInstant(exp)}${lifetime}`,
      severity: 'warning',
      cause: `The token was made to last longer than ${policy.lifetime}, which the policy allows.`,
      fix: {
        say: 'Compare the lifetime on the servers; if the longer one is meant, set policy.extensionToken.lifetime.',
      },
      runbook: RUNBOOK,
    })
  }
  return good(`until ${sayInstant(exp)}${lifetime}`)
}

/** Who it acts for. */
export function lookAtClaims({ orgId, userId, extension_id, scopes }: Claims): Look {
  const missing = Object.entries({ orgId, userId, extension_id, scopes }).flatMap(([name, value]) =>
    value === undefined || value === '' ? [name] : [],
  )
  if (missing.length === 0) return good(`user ${userId}, organization ${orgId}, extension ${extension_id}`)
  return bad({
    evidence: `without ${missing.join(', ')}`,
    severity: 'critical',
    cause: `The token lacks ${missing.join(', ')}: the application did not make it, or in another version.`,
    fix: { say: NEW_TOKEN },
    runbook: RUNBOOK,
  })
}

/** The audience is the extension's id. */
export function lookAtAudience({ aud, extension_id }: Claims, wanted: string | undefined): Look {
  const audience = aud?.join(', ') ?? 'nobody'
  const expected = wanted ?? extension_id
  if (expected === undefined) return skipped('which extension it is for is not known: --audience')
  if (aud?.includes(expected) === true) return good(audience)
  return bad({
    evidence: `for ${audience}, not for ${expected}`,
    severity: 'critical',
    cause: `The token is for the extension ${audience}, and is used as one for ${expected}.`,
    fix: { say: `Make it for ${expected}. An extension must not use the token of another.` },
    runbook: RUNBOOK,
  })
}

/** What it may do. The scope `*` is forbidden. */
export function lookAtScopes({ scopes }: Claims, wanted: readonly string[]): Look | undefined {
  if (scopes === undefined) return undefined
  const has = scopes.length === 0 ? 'none' : scopes.slice(0, 20).join(' ')
  if (scopes.includes('*')) {
    const cause = 'The token has the scope *, which is forbidden: it is refused whatever else it may.'
    const fix = { say: 'Make it with the scopes it needs, each by its name.' }
    return bad({ evidence: has, severity: 'critical', cause, fix, runbook: RUNBOOK })
  }
  if (wanted.length === 0) return skipped(`it has ${has}; which it needs is not known: --scope`)
  const missing = wanted.filter((scope) => !scopes.includes(scope))
  if (missing.length === 0) return good(has)
  return bad({
    evidence: `it has ${has}`,
    severity: 'critical',
    cause: `The token lacks the scope ${missing.join(' ')}: 403.`,
    fix: { say: `Ask for a token with ${missing.join(' ')}; the scopes are chosen when it is made.` },
    runbook: RUNBOOK,
  })
}
