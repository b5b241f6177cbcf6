import type { CheckId } from '../../catalogue/naming.ts'
import { answerCauses, type Cause, type CausesOfProbe, cause, type Met } from './cause.ts'
import { causesOfOrigins } from './of-origins.ts'
import { causesOfSecrets } from './of-secrets.ts'
import { causesOfServers } from './of-servers.ts'
import { causesOfSessions } from './of-sessions.ts'

const all: Readonly<Record<CheckId, CausesOfProbe>> = {
  ...causesOfServers,
  ...causesOfOrigins,
  ...causesOfSessions,
  ...causesOfSecrets,
}

/** Reasons of a probe for which the cause is told; the rest is told in general words. */
export function knownReasons(id: CheckId): readonly string[] {
  return Object.keys({ ...answerCauses, ...all[id] })
}

/** What is behind one finding of a probe, and what to do about it. */
export function causeOfProbe(id: CheckId, met: Met): Cause {
  const told = all[id]?.[met.reason] ?? answerCauses[met.reason]
  if (told !== undefined) return told(met)
  return cause(
    `${met.server}: ${id} failed at ${met.step} with ${met.reason}.`,
    'The runbook tells each step and reason.',
  )
}
