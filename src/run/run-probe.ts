import { setMaxListeners } from 'node:events'
import type { Dispatcher } from 'undici'
import type { Values } from '../catalogue/condition.ts'
import { milliseconds } from '../catalogue/duration.ts'
import type { Canaries, ExpectedSecrets, Routes, ServerAddress } from '../catalogue/fleet.ts'
import { matrixKey } from '../catalogue/matrix.ts'
import { plainText } from '../catalogue/plain-text.ts'
import type { Policy } from '../catalogue/policy.ts'
import {
  inconclusiveReasons,
  type Need,
  networkReasons,
  type ProbeCheck,
  type ProbeMeasurement,
  type Resources,
  type SigningKeys,
} from '../catalogue/probe.ts'
import type { ErrorCode, Finding, Result, Verdict } from '../catalogue/result.ts'
import { MAX_FINDINGS } from '../scan/findings.ts'
import { serverClient } from '../servers/server-client.ts'
import { silentServer } from '../servers/silent-server.ts'
import { recordingTrace, type StepRecord } from './trace.ts'
import { failed, judge } from './verdict.ts'
import { noteWaived } from './waived.ts'

/** Target name of probes that look at all servers at once. */
export const FLEET = 'fleet'

/** The application's servers and all that probes may be given about them. */
export interface Fleet {
  readonly servers: readonly ServerAddress[]
  readonly origins: readonly string[]
  readonly hostileOrigin: string
  readonly routes: Routes
  readonly policy: Policy
  readonly canaries: Canaries
  readonly secrets: ExpectedSecrets
  readonly signingKeys: SigningKeys | undefined
  readonly userAgent: string
  readonly dispatcher: Dispatcher
  /** Servers that let a request time out in this round, each with the probe that asked. They are not asked again. */
  readonly silent?: ReadonlyMap<string, string>
}

export interface ProbeRun {
  /** A server's name, or FLEET. */
  readonly target: string
  readonly fleet: Fleet
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Told of each step, for the metrics of this process. */
  readonly onStep: (step: StepRecord & { readonly server: string; readonly probe: string }) => void
  /** Keys of the findings that count no more. Absent: all count. */
  readonly waived?: readonly string[]
}

/** What each need is called where an operator would provide it. */
const PROVIDED_BY: Readonly<Record<Need, string>> = {
  account: 'no canary account is configured (AUTHWATCH_CANARY_EMAIL, AUTHWATCH_CANARY_PASSWORD)',
  session: 'no long-lived canary session is configured (AUTHWATCH_CANARY_SESSION)',
  apiKey: 'no canary API key is configured (AUTHWATCH_CANARY_API_KEY)',
  tenant: "the canary's organization is not configured (canary.tenant)",
  foreignTenant: 'no organization foreign to the canary is configured (canary.foreignTenant)',
  extensionIdentity: 'whom extension tokens are for is not configured (canary.userId, canary.organizationId)',
  authSecret: 'the expected secret is not configured (BETTER_AUTH_SECRET)',
  extensionSecret: 'the expected secret is not configured (EXTENSION_TOKEN_SECRET)',
  tenantRoute: 'no tenant route is configured (routes.tenant)',
  extensionRoute: 'no extension route is configured (routes.extension)',
  debugRoute: 'no debug route is configured (routes.debug)',
  attestation: 'no attestation is configured (routes.attestation, AUTHWATCH_ATTESTATION_TOKEN)',
  signingKeys: 'the database with the signing keys is not configured',
}

function resourcesOf({ canaries, secrets, routes, signingKeys }: Fleet): Partial<Resources> {
  const { userId, organizationId } = canaries
  const [path, token] = [routes.attestation ?? undefined, secrets.attestationToken]
  const all = {
    ...canaries,
    extensionIdentity:
      userId === undefined || organizationId === undefined ? undefined : { userId, organizationId },
    authSecret: secrets.auth,
    extensionSecret: secrets.extensionToken,
    tenantRoute: routes.tenant ?? undefined,
    extensionRoute: routes.extension ?? undefined,
    debugRoute: routes.debug ?? undefined,
    attestation: path === undefined || token === undefined ? undefined : { path, token },
    signingKeys,
  }
  const present = Object.entries(all).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present)
}

/** Runs one probe on one server or on the fleet. Never throws; takes at most the probe's timeout. */
export async function runProbe(check: ProbeCheck, run: ProbeRun): Promise<Result> {
  const startedAt = run.clock()
  const verdict = await verdictOf(check, run)
  return { check: check.id, target: run.target, startedAt, durationMs: run.clock() - startedAt, verdict }
}

async function verdictOf(check: ProbeCheck, run: ProbeRun): Promise<Verdict> {
  const { fleet, target, clock } = run
  const given = resourcesOf(fleet)
  const missing = check.needs.find((need) => !(need in given))
  if (missing !== undefined) return { state: 'skipped', reason: PROVIDED_BY[missing] }
  if (fleet.servers.length === 0) return { state: 'skipped', reason: 'no servers are configured' }
  const { userAgent, dispatcher } = fleet
  const signal = AbortSignal.timeout(milliseconds(check.timeout))
  // A probe of the fleet has a request to each server on it, which is no leak.
  setMaxListeners(0, signal)
  const clientOf = (address: ServerAddress) => {
    const askedBy = fleet.silent?.get(address.name)
    if (askedBy !== undefined) return silentServer(address, askedBy)
    return serverClient({ address, userAgent, dispatcher, signal, now: clock })
  }
  const server = clientOf(fleet.servers.find(({ name }) => name === target) ?? fleet.servers[0]!)
  const trace = recordingTrace<string, string>()
  const { origins, hostileOrigin, routes, policy } = fleet
  let measured: ProbeMeasurement | undefined
  let thrown: unknown
  try {
    const asked = [...check.needs, ...(check.wants ?? [])].filter((need) => need in given)
    const narrowed = Object.fromEntries(asked.map((need) => [need, given[need]]))
    measured = await check.run({
      ...{ server, origins, hostileOrigin, routes, policy, trace, now: clock },
      // Most probes look at one server alone: clients for all, for each of them, would cost their square.
      get fleet() {
        return fleet.servers.map(clientOf)
      },
      // Exactly what it named; each need was checked above to be there.
      given: narrowed as unknown as Resources,
    })
  } catch (cause) {
    thrown = cause
  }
  const unlisted = trace.records.find((record) => !isListed(check, record))
  if (unlisted !== undefined) {
    // Steps and reasons become label values: one that nobody listed must not.
    return failed(new Error(`${check.id} does not list ${unlisted.step}, ${unlisted.reason}`))
  }
  for (const step of trace.records) run.onStep({ ...step, server: target, probe: check.id })
  const failures = trace.records.filter(({ reason }) => reason !== null)
  // What a step threw is in the trace already; anything else is a fault of the probe itself.
  if (thrown !== undefined && failures.length === 0) return failed(thrown)
  return verdictFrom(check, { failures, measured, waived: run.waived ?? [] })
}

const INCONCLUSIVE: ReadonlySet<string> = new Set(inconclusiveReasons)
const NETWORK: ReadonlySet<string> = new Set(networkReasons)

function isListed({ steps, reasons }: ProbeCheck, { step, reason }: StepRecord): boolean {
  return steps.includes(step) && (reason === null || reasons.includes(reason) || INCONCLUSIVE.has(reason))
}

function saysSomething(check: ProbeCheck, { reason }: StepRecord): boolean {
  if (reason === null) return false
  return !INCONCLUSIVE.has(reason) || (check.judgesReachability === true && NETWORK.has(reason))
}

async function verdictFrom(
  check: ProbeCheck,
  seen: {
    readonly failures: readonly StepRecord[]
    readonly measured: ProbeMeasurement | undefined
    readonly waived: readonly string[]
  },
): Promise<Verdict> {
  const { failures, measured, waived } = seen
  const telling = failures.filter((failure) => saysSomething(check, failure))
  const [silent] = failures
  if (telling.length === 0 && silent !== undefined) return couldNotLook(silent)
  const cells = (measured?.matrix ?? []).map(({ labels, value }) => [matrixKey(labels), value] as const)
  const all = telling.map(toFinding)
  const findings = all.filter(({ key }) => !waived.includes(key))
  const values: Values = { offenders: findings.length, ...measured?.gauges, ...Object.fromEntries(cells) }
  const verdict = await judge(check, values, async () => findings.slice(0, MAX_FINDINGS))
  return noteWaived(verdict, waived.length === 0 ? undefined : all.filter(({ key }) => waived.includes(key)))
}

/** By the reason for which a probe could not look; of any other, nothing answered that it could judge. */
const ERROR_CODES: Readonly<Record<string, ErrorCode>> = {
  rate_limited: 'ERR_RATE_LIMITED',
  captcha_required: 'ERR_CAPTCHA',
  timeout: 'ERR_TIMEOUT',
}

function couldNotLook({ step, about, reason, detail }: StepRecord): Verdict {
  const where = about === '' ? step : `${step} (${about})`
  const code = ERROR_CODES[reason ?? ''] ?? 'ERR_UNREACHABLE'
  const facts = Object.entries(detail).map(([name, value]) => `${name} ${value}`)
  const seen = facts.length === 0 ? '' : ` (${facts.join(', ')})`
  return { state: 'error', code, message: plainText(`${where} got no answer to judge: ${reason}${seen}`) }
}

function toFinding({ step, about, reason, detail }: StepRecord): Finding {
  const key = about === '' ? step : `${step}/${about}`
  return { key, detail: { step, ...(about === '' ? {} : { about }), reason, ...detail } }
}
