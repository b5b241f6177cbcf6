import type { CheckMeta, Gauge } from './check.ts'
import type { Duration } from './duration.ts'
import type { Family } from './family.ts'
import type { Canaries, ExpectedSecrets, Routes, ServerAddress } from './fleet.ts'
import type { Policy } from './policy.ts'

/** Why a request got no usable answer. Any step may fail with one of these. */
export const networkReasons = [
  'timeout',
  'connection_refused',
  'reset',
  'unreachable',
  'name_not_found',
  'tls',
  'not_http',
] as const
export type NetworkReason = (typeof networkReasons)[number]

/**
 * Reasons that say nothing about the server's authentication: the probe could not look. `unusable_answer` is for an
 * answer in which the probe's subject does not show, such as the error page of a proxy.
 */
export const inconclusiveReasons = [
  'rate_limited',
  'captcha_required',
  'unusable_answer',
  ...networkReasons,
] as const

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'OPTIONS'
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as the `Cookie` header. */
  readonly cookie?: string
  /** Sent as the `Origin` header. */
  readonly origin?: string
  /** Ends this request before the probe's own deadline, so that what must still be done after it can be. */
  readonly timeoutMs?: number
  /** Bytes of the answer that are read; 64 KiB unless said. */
  readonly maxBytes?: number
}

export interface Answer {
  readonly status: number
  /** First value of a header, by lower-case name. */
  header(name: string): string | undefined
  /** Every value of a header that may be there once only: more than one is a fault. */
  values(name: string): readonly string[]
  readonly setCookies: readonly string[]
  /** Cut after `maxBytes`. */
  readonly body: string
  /** The body as JSON, or undefined when it is not JSON. */
  json(): unknown
  /** When the request was sent and its head received, milliseconds of the worker's clock. */
  readonly sentAt: number
  readonly receivedAt: number
}

/** One server as a client meets it. Follows no redirect. Throws `NetworkFailure` when there is no answer. */
export interface ServerClient extends ServerAddress {
  request(path: string, options?: RequestOptions): Promise<Answer>
  /** Expiry of the certificate that the server shows, or null when it is not reached by TLS. */
  certificateExpiry(): Promise<Date | null>
}

/** A step ended badly. `reason` is from the probe's closed list; `detail` is shown in the finding. */
export class Refusal<R extends string = string> extends Error {
  override readonly name = 'Refusal'
  readonly reason: R
  readonly detail: Readonly<Record<string, string>>

  constructor(reason: R, detail: Readonly<Record<string, string>> = {}) {
    super(reason)
    this.reason = reason
    this.detail = detail
  }
}

/** Records the steps of one run, with their times. A probe cannot end without each of its faults being here. */
export interface Trace<S extends string, R extends string> {
  /** Runs a step. When it fails the failure is recorded and thrown on, so that what depends on it does not run. */
  step<T>(step: S, work: () => Promise<T>): Promise<T>
  /** Runs a step that others do not depend on: a failure is recorded and the result undefined. `about` tells several runs of one step apart. */
  attempt<T>(step: S, about: string, work: () => Promise<T>): Promise<T | undefined>
  /** Records a failure found without a step of its own. */
  fail(step: S, reason: R, detail?: Readonly<Record<string, string>>): void
}

/** What a probe may ask for beyond its server. It receives only what it names; what is not configured skips it. */
export interface Resources {
  readonly account: NonNullable<Canaries['account']>
  readonly session: string
  readonly apiKey: string
  readonly tenant: string
  readonly foreignTenant: string
  /** Whom extension tokens are made out for: ids of a user and of an organization that exist. */
  readonly extensionIdentity: { readonly userId: string; readonly organizationId: string }
  readonly authSecret: NonNullable<ExpectedSecrets['auth']>
  readonly extensionSecret: NonNullable<ExpectedSecrets['extensionToken']>
  readonly tenantRoute: string
  readonly extensionRoute: string
  readonly debugRoute: string
  /** Where servers answer challenges, and the token for it. */
  readonly attestation: { readonly path: string; readonly token: string }
  /** Whether each stored signing key can be decrypted with a secret. The keys themselves stay where they are. */
  readonly signingKeys: SigningKeys
}
export interface SigningKeyFact {
  readonly id: string
  readonly algorithm: string
  readonly ageSeconds: number
  /** True also for a key that is stored without encryption. */
  readonly decryptable: boolean
  /** Encrypted under versioned secrets, of which the given one need not be the right version. */
  readonly isVersioned: boolean
}
export interface SigningKeys {
  /** The keys that have not expired, newest first. */
  decryptable(secret: string): Promise<readonly SigningKeyFact[]>
}
export type Need = keyof Resources

export interface ProbeScope<S extends string, R extends string, N extends Need, W extends Need = never> {
  /** The server that is looked at. For a probe of the whole fleet: any one. */
  readonly server: ServerClient
  /** Every server, the looked-at one too. */
  readonly fleet: readonly ServerClient[]
  /** Origins that browsers send, as declared; and one that must be refused. */
  readonly origins: readonly string[]
  readonly hostileOrigin: string
  readonly routes: Routes
  readonly policy: Policy
  readonly trace: Trace<S, R>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly given: Pick<Resources, N> & Partial<Pick<Resources, W>>
}

/** Numbers a probe measured, by gauge; for a matrix by its label values. */
export interface ProbeMeasurement {
  readonly gauges?: Readonly<Record<string, number>>
  readonly matrix?: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

/** A check that acts as a client. Steps and reasons are closed: they become label values. */
export interface ProbeSpec<
  S extends string,
  R extends string,
  N extends Need,
  M extends string,
  W extends Need = never,
> extends CheckMeta<M | 'offenders'> {
  /** `server`: runs once for each server, and one server's trouble delays no other. `fleet`: once for all. */
  readonly scope: 'server' | 'fleet'
  readonly steps: readonly S[]
  /** Beside the reasons any request can fail with. */
  readonly reasons: readonly R[]
  readonly needs: readonly N[]
  /** What it looks at more with, where it is configured; without it the probe runs all the same. */
  readonly wants?: readonly W[]
  /** Time after the worker's start before the first run: probes that sign in share better-auth's limit per address. */
  readonly startsAfter?: Duration
  /** True for the probe whose very subject is that a server cannot be reached. */
  readonly judgesReachability?: boolean
  readonly gauges?: Readonly<Record<M, Gauge>>
  /** Family of the matrix that the probe measures. Its label values are names from the configuration. */
  readonly matrix?: Family
  run(scope: ProbeScope<S, R, N, W>): Promise<ProbeMeasurement | undefined>
}

export type ProbeCheck = ProbeSpec<string, string, Need, string, Need> & { readonly kind: 'probe' }

export function probe<
  const S extends string,
  const R extends string,
  const N extends Need,
  M extends string = never,
  const W extends Need = never,
>(spec: ProbeSpec<S, R, N, M, W>): ProbeCheck {
  // A probe is only ever run with the scope it asked for, which the union of all probes cannot say.
  return { kind: 'probe', ...spec } as unknown as ProbeCheck
}
