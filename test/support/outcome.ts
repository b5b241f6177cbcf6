import type { ProbeCheck } from '../../src/catalogue/probe.ts'
import type { Verdict } from '../../src/catalogue/result.ts'
import type { Fleet } from '../../src/run/run-probe.ts'
import type { ProbeFleet } from './probe-fleet.ts'

/** A verdict in short: its state, with the code of an error; for a failure `key: reason` of each finding. */
export function outcome(verdict: Verdict): string | readonly string[] {
  if (verdict.state === 'error') return `error ${verdict.code}`
  if (verdict.state !== 'fail') return verdict.state
  return verdict.findings.map(({ key, detail }) => `${key}: ${detail.reason}`).toSorted()
}

/** `outcome` of a probe on every server. */
export async function outcomes(
  probes: ProbeFleet,
  check: ProbeCheck,
  changes: Partial<Fleet> = {},
): Promise<Readonly<Record<string, string | readonly string[]>>> {
  const verdicts = await probes.runAll(check, changes)
  return Object.fromEntries(Object.entries(verdicts).map(([name, verdict]) => [name, outcome(verdict)]))
}

/** What `outcomes` is of the three servers in good health. */
export const HEALTHY = { 'crm-a': 'pass', 'crm-b': 'pass', 'crm-c': 'pass' }
