import type { Check } from '../catalogue/check.ts'
import { alertName, type CheckId } from '../catalogue/naming.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'

/** While one of `cause` fires, `effects` call nobody where both have the same value in each label of `equal`. */
export interface Inhibition {
  readonly cause: readonly string[]
  /** Of the cause; absent: any. A mild condition, such as a cookie's name, is the cause of nothing. */
  readonly severity?: 'critical'
  readonly effects: readonly string[]
  /** Of the effects only those about this check; absent: any. */
  readonly check?: CheckId
  /** Every alert named above carries these: a label that both lack would count as the same. */
  readonly equal: readonly string[]
}

interface Consequence {
  readonly cause: CheckId
  readonly effects: readonly CheckId[]
}

/** One server, one cause. */
const ON_SERVER: readonly Consequence[] = [
  { cause: 'secret.auth_differs', effects: ['canary_session.ended', 'journey.sign_in_broken'] },
  { cause: 'secret.extension_differs', effects: ['extension_token.misjudged'] },
  { cause: 'origin.trust_mismatch', effects: ['sign_in.unhealthy', 'journey.sign_in_broken'] },
  { cause: 'sign_in.unhealthy', effects: ['journey.sign_in_broken'] },
]

/** A cause that all servers share, or an effect that shows only when they are compared. */
const IN_FLEET: readonly Consequence[] = [
  { cause: 'secret.auth_differs', effects: ['credential.refused_elsewhere'] },
  { cause: 'secret.extension_differs', effects: ['credential.refused_elsewhere'] },
  {
    cause: 'jwks.undecryptable',
    effects: ['canary_session.ended', 'journey.sign_in_broken', 'credential.refused_elsewhere'],
  },
]

const NOT_ANSWERING: CheckId = 'server.not_answering'
/** Nothing to compare where nobody can sign in anywhere, or one server says nothing, which pages by itself. */
const COMPARES_SIGN_INS: CheckId = 'credential.refused_elsewhere'
const SIGNS_IN: ReadonlySet<CheckId> = new Set(['sign_in.unhealthy', 'journey.sign_in_broken'])
const BURNING = 'AuthwatchProbeErrorBudgetBurn'
const SPIKE = ['AuthwatchSignInRejectionSpike', 'AuthwatchSignInRejectionsWithoutBaseline']

/** What cannot be counted is missing, and comes all at once when it can be counted again. */
const UNCOUNTED = [
  ...[...SPIKE, 'AuthwatchCredentialStuffing', 'AuthwatchBruteForce'],
  ...['AuthwatchApiKeyRejectionSpike', 'AuthwatchApiKeyRejectionsWithoutBaseline'],
  ...['AuthwatchExtensionTokenRejectionSpike', 'AuthwatchExtensionTokenRejectionsWithoutBaseline'],
  ...['AuthwatchSignInSuccessDrop', 'AuthwatchEventsMissing'],
]

const SELF: readonly Inhibition[] = [
  {
    cause: ['AuthwatchWorkersGone'],
    effects: [
      ...['AuthwatchWorkerDown', 'AuthwatchChecksStopped', 'AuthwatchServerUnwatched', 'AuthwatchCheckStale'],
      ...UNCOUNTED,
    ],
    equal: ['job'],
  },
  {
    cause: ['AuthwatchChecksStopped'],
    effects: ['AuthwatchServerUnwatched', 'AuthwatchCheckStale', 'AuthwatchCheckCannotLook'],
    equal: ['job'],
  },
  {
    cause: ['AuthwatchServerUnwatched', 'AuthwatchDatabaseDown'],
    effects: ['AuthwatchCheckStale', 'AuthwatchCheckCannotLook'],
    equal: ['job', 'target'],
  },
  {
    cause: ['AuthwatchStateDatabaseDown'],
    effects: [...['AuthwatchQueueDown', 'AuthwatchQueueStuck', 'AuthwatchResultsDropped'], ...UNCOUNTED],
    equal: ['job'],
  },
  { cause: ['AuthwatchWorkersOverloaded'], effects: ['AuthwatchCheckStale'], equal: ['job'] },
  { cause: ['AuthwatchQueueDown'], effects: ['AuthwatchQueueStuck'], equal: ['job'] },
]

/** An attack that is understood says more than the spike; in an outage people try again, and fewer get in. */
const EVENTS: readonly Inhibition[] = [
  {
    cause: ['AuthwatchCredentialStuffing', 'AuthwatchBruteForce', 'AuthwatchSignInSuccessDrop'],
    effects: SPIKE,
    equal: ['job'],
  },
  {
    cause: ['AuthwatchSignInErrorBudgetBurn'],
    severity: 'critical',
    effects: [...SPIKE, 'AuthwatchSignInSuccessDrop'],
    equal: ['job'],
  },
]

/** The probes that fail because what `cause` looks for is wrong. */
export function effectsOf(cause: CheckId, checks: readonly Check[]): readonly ProbeCheck[] {
  const named = new Set(
    [...ON_SERVER, ...IN_FLEET].flatMap((each) => (each.cause === cause ? each.effects : [])),
  )
  return checks
    .filter((check) => check.kind === 'probe')
    .filter((check) => (cause === NOT_ANSWERING ? needsAnswers(check) : named.has(check.id)))
}

/** A certificate that has expired is a cause of no answer, not an effect. */
function needsAnswers({ id, scope }: ProbeCheck): boolean {
  return scope === 'server' && id !== NOT_ANSWERING && id !== 'tls.expiring'
}

/** What is the consequence of what, among the alerts of these checks. */
export function inhibitions(checks: readonly Check[]): readonly Inhibition[] {
  return [
    ...SELF,
    ...ofServers(checks),
    ...between(checks, ON_SERVER, ['job', 'target']),
    ...between(checks, IN_FLEET, ['job']),
    ...EVENTS,
  ]
}

function between(
  checks: readonly Check[],
  consequences: readonly Consequence[],
  equal: readonly string[],
): readonly Inhibition[] {
  const known = new Set<string>(checks.map(({ id }) => id))
  return consequences.flatMap(({ cause, effects }): readonly Inhibition[] => {
    const left = effects.filter((id) => known.has(id)).map(alertName)
    if (!known.has(cause) || left.length === 0) return []
    return [{ cause: [alertName(cause)], severity: 'critical', effects: left, equal }]
  })
}

/** A server that does not answer fails or silences whatever else is asked of it; what pages now needs no budget. */
function ofServers(checks: readonly Check[]): readonly Inhibition[] {
  const probes = checks
    .filter((check) => check.kind === 'probe' && check.scope === 'server')
    .map(({ id }) => id)
  const others = effectsOf(NOT_ANSWERING, checks).map(({ id }) => alertName(id))
  const signingIn = probes.filter((id) => SIGNS_IN.has(id))
  const equal = ['job', 'target']
  const all: readonly Inhibition[] = [
    {
      cause: probes.filter((id) => id === NOT_ANSWERING).map(alertName),
      effects: [...others, BURNING, 'AuthwatchCheckCannotLook'],
      equal,
    },
    { cause: signingIn.map(alertName), severity: 'critical', effects: [BURNING], equal },
    ...(checks.some(({ id }) => id === COMPARES_SIGN_INS)
      ? [
          {
            cause: probes.filter((id) => id === NOT_ANSWERING || SIGNS_IN.has(id)).map(alertName),
            severity: 'critical',
            effects: ['AuthwatchCheckCannotLook'],
            check: COMPARES_SIGN_INS,
            equal: ['job'],
          } as const,
        ]
      : []),
  ]
  return all.filter(({ cause }) => cause.length > 0)
}
