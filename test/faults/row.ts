import { setTimeout as sleep } from 'node:timers/promises'
import { type Alarm, type Alarms, alarmOf, RECEIVERS, type ReceiverName } from './alarm.ts'
import type { FaultCase } from './fault-case.ts'
import { findingsOf } from './findings-of.ts'
import type { Habits } from './habits.ts'
import { afterEveryCheck, untilHealthy } from './health.ts'
import { type Monitoring, startMonitoring } from './monitoring.ts'
import type { Told } from './receiver.ts'
import { faultsOfText } from './runbook-links.ts'
import type { World } from './world.ts'

const POLL_MS = 250
const WITHIN_MS = 150_000
const HOLD_MS = 5_000
const RESOLVED_WITHIN_MS = 120_000
/** What an outage has cost is a ticket for hours after it, as the runbook says. */
const COST = /^ticket: (Probe|SignIn)ErrorBudgetBurn( |$)/

/** What was seen of one fault. */
export interface Row {
  readonly id: string
  readonly title: string
  /** When it was seen, as ISO 8601. */
  readonly at: string
  /** What was told, by receiver. */
  readonly told: Alarms
  readonly inhibited: readonly Alarm[]
  /** Told after the fault was over. */
  readonly afterwards: Alarms
  /** Seconds from the fault until somebody was told, and until everybody was; and from its end until all was taken back. */
  readonly detectedAfter: number | null
  readonly toldAfter: number | null
  readonly resolvedAfter: number | null
  /** What the findings, or the steps of the probes, say. */
  readonly findings: readonly string[]
  /** Everything that is not as it should be. Empty: the fault was caught. */
  readonly wrong: readonly string[]
}

type Draft = { -readonly [Key in keyof Row]: Row[Key] }

/** Puts one fault into a healthy world, watches what is told about it, and takes it out again. */
export async function watchFault(world: World, habits: Habits, fault: FaultCase): Promise<Row> {
  const row: Draft = {
    ...{ id: fault.id, title: fault.title, at: new Date().toISOString() },
    ...{ told: {}, inhibited: [], afterwards: {}, detectedAfter: null, toldAfter: null, resolvedAfter: null },
    ...{ findings: [], wrong: [] },
  }
  const fail = (...reasons: readonly string[]) => {
    row.wrong = [...row.wrong, ...reasons]
  }
  try {
    await using monitoring = await startMonitoring(world, habits)
    await untilHealthy(monitoring)
    const scene = { world, monitoring, fault, row, fail }
    const begun = await switching(scene, () => fault.on(world))
    let ended = begun
    try {
      await observe(scene, begun)
    } finally {
      ended = await switching(scene, () => fault.off(world))
    }
    await observeEnd(scene, ended)
  } catch (cause) {
    fail(cause instanceof Error ? cause.message : String(cause))
  }
  return row
}

interface Scene {
  readonly world: World
  readonly monitoring: Monitoring
  readonly fault: FaultCase
}

/**
 * Resolves with the time at which the change was done. Servers that restart are away for what would be minutes at this
 * speed: see {@link FaultCase.restarts}.
 */
async function switching({ world, monitoring, fault }: Scene, change: () => Promise<void>): Promise<number> {
  if (fault.restarts !== true) {
    await change()
    return Date.now()
  }
  const { server } = monitoring.prometheus
  server.pause()
  try {
    await change()
    const done = Date.now()
    await afterEveryCheck(world)
    return done
  } finally {
    server.resume()
  }
}

interface Watched extends Scene {
  readonly row: Draft
  readonly fail: (...reasons: readonly string[]) => void
}

async function observe({ world, monitoring, fault, row, fail }: Watched, begun: number): Promise<void> {
  const expected = flat(fault.expected)
  const told = () => monitoring.receiver.told().filter(({ receiver }) => receiver !== 'dead-man')
  const keys = () => new Set(told().map((each) => keyOf(each, world)))
  const deadline = begun + (fault.withinMs ?? WITHIN_MS)
  while (Date.now() < deadline && !expected.every((key) => keys().has(key))) await sleep(POLL_MS)
  const times = told().map(({ firingAt }) => firingAt)
  const missing = expected.filter((key) => !keys().has(key))
  if (times.length > 0) row.detectedAfter = since(begun, Math.min(...times))
  if (missing.length === 0 && times.length > 0) row.toldAfter = since(begun, Math.max(...times))
  fail(...missing.map((key) => `not told: ${key}`))
  await sleep(fault.holdMs ?? HOLD_MS)
  const all = told()
  const strange = [...keys()].filter((key) => !expected.includes(key) && fault.may?.test(key) !== true)
  fail(...strange.map((key) => `told beside it: ${key}`))
  fail(...all.flatMap((each) => faultsOfText(each)))
  row.told = grouped(all, world)
  row.inhibited = sorted((await monitoring.inhibited()).map((labels) => alarmOf(labels, world)))
  row.findings = await findingsOf(world, all)
}

async function observeEnd({ world, monitoring, fault, row, fail }: Watched, begun: number): Promise<void> {
  const told = () => monitoring.receiver.told().filter(({ receiver }) => receiver !== 'dead-man')
  const during = new Set(flat(row.told))
  const open = () => told().filter((each) => each.resolvedAt === null && during.has(keyOf(each, world)))
  while (Date.now() < begun + RESOLVED_WITHIN_MS && open().length > 0) await sleep(POLL_MS)
  if (open().length > 0) fail(...open().map((each) => `not taken back: ${keyOf(each, world)}`))
  else if (during.size > 0) {
    const own = told().filter((each) => during.has(keyOf(each, world)))
    row.resolvedAfter = since(begun, Math.max(...own.map(({ resolvedAt }) => resolvedAt ?? 0)))
  }
  await sleep(HOLD_MS)
  const later = told().filter((each) => !during.has(keyOf(each, world)))
  row.afterwards = grouped(later, world)
  const strange = later
    .map((each) => keyOf(each, world))
    .filter((key) => !COST.test(key) && fault.may?.test(key) !== true)
  fail(...strange.map((key) => `told when it was over: ${key}`))
}

function keyOf({ receiver, labels }: Told, world: World): string {
  return `${receiver}: ${alarmOf(labels, world)}`
}

function flat(alarms: Alarms): readonly string[] {
  return RECEIVERS.flatMap((receiver) => (alarms[receiver] ?? []).map((alarm) => `${receiver}: ${alarm}`))
}

function grouped(told: readonly Told[], world: World): Alarms {
  const of = (name: ReceiverName) =>
    sorted(told.filter(({ receiver }) => receiver === name).map(({ labels }) => alarmOf(labels, world)))
  const groups = RECEIVERS.map((name) => [name, of(name)] as const)
  return Object.fromEntries(groups.filter(([, alarms]) => alarms.length > 0))
}

function sorted(alarms: readonly Alarm[]): readonly Alarm[] {
  return [...new Set(alarms)].toSorted()
}

/** Seconds between two times in milliseconds, not less than none. */
function since(begun: number, at: number): number {
  return Math.max(0, Math.round((at - begun) / 100) / 10)
}
