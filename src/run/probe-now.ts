import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Result } from '../catalogue/result.ts'
import { type Fleet, runProbe } from './run-probe.ts'

/** better-auth's window for sign-ins, ten seconds (1.7), and a little. */
const LIMITER_MS = 11_000

/**
 * Runs a probe now, for a person. The worker and other steps share one limit on sign-ins with it, so that it is tried
 * once more, after that limit's window, when the limiter refused it.
 */
export async function probeNow(
  check: ProbeCheck,
  { target, fleet }: { readonly target: string; readonly fleet: Fleet },
): Promise<Result> {
  const run = { target, fleet, clock: Date.now, onStep: () => {} }
  const first = await runProbe(check, run)
  if (first.verdict.state !== 'error' || first.verdict.code !== 'ERR_RATE_LIMITED') return first
  await sleep(LIMITER_MS)
  return runProbe(check, run)
}
