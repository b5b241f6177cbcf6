import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeCheck } from '../../src/catalogue/probe.ts'
import { runProbes } from '../../src/commands/probe.ts'
import { FLEET, type Fleet } from '../../src/run/run-probe.ts'
import { outcome } from '../support/outcome.ts'

export interface SoakOptions {
  readonly probes: readonly ProbeCheck[]
  readonly fleet: Fleet
  readonly rounds: number
  /** Milliseconds from the end of one round to the start of the next. */
  readonly pauseMs?: number
  /** No round begins after this; milliseconds since the epoch. */
  readonly until: number
}

export interface Soaked {
  readonly rounds: number
  /** Of single probes. */
  readonly runs: number
  /** Runs, by the state they came to. */
  readonly states: Readonly<Record<string, number>>
  /** Whatever did not pass, each with the round of the first. */
  readonly blemishes: readonly string[]
  readonly milliseconds: number
}

/** Blemishes that are kept: the states count all of them. */
const MOST_KEPT = 50

/** Runs all probes on all targets, round after round. */
export async function soakRounds({
  probes,
  fleet,
  rounds,
  pauseMs = 0,
  until,
}: SoakOptions): Promise<Soaked> {
  const targets = new Set([FLEET, ...fleet.servers.map(({ name }) => name)])
  const states: Record<string, number> = { pass: 0, fail: 0, error: 0, skipped: 0 }
  const blemishes = new Map<string, number>()
  const begun = Date.now()
  let [round, runs] = [0, 0]
  while (round < rounds && Date.now() < until) {
    if (round > 0 && pauseMs > 0) await sleep(pauseMs)
    round += 1
    for (const result of await runProbes(probes, fleet, { targets, onDone: () => {} })) {
      const { check, target, verdict } = result
      runs += 1
      states[verdict.state] = (states[verdict.state] ?? 0) + 1
      if (verdict.state === 'pass') continue
      const blemish = `${check} on ${target}: ${[outcome(verdict)].flat().join(', ')}`
      if (!blemishes.has(blemish) && blemishes.size < MOST_KEPT) blemishes.set(blemish, round)
    }
  }
  const told = [...blemishes].map(([blemish, first]) => `${blemish} (first in round ${first})`)
  return { rounds: round, runs, states, blemishes: told, milliseconds: Date.now() - begun }
}
