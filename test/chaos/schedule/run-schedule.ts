import { writeSection } from '../write-section.ts'
import { deckOf } from './deck.ts'
import { seededRandom } from './random.ts'
import { chaosTable, line, scheduleSection, told } from './report.ts'
import { type ChaosReport, scheduleChaos } from './schedule-chaos.ts'
import type { QueueName } from './world.ts'

const HEALTH_MS = 20_000
const HOLD_MS = 8_000

/** The long form, with each queue and each number of workers in turn. Answers whether all was well. */
export async function runSchedule(options: {
  readonly seed: number
  readonly minutes: number
  readonly workers: readonly number[]
  readonly queues: readonly QueueName[]
  readonly write: boolean
  readonly signal: AbortSignal
}): Promise<boolean> {
  const { seed, minutes, write, signal } = options
  const say = (text: string) =>
    void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
  say(`seed ${seed}`)
  const random = seededRandom(seed)
  const deck = deckOf(random)
  const reports: ChaosReport[] = []
  const worlds = options.workers.flatMap((workers) => options.queues.map((queue) => ({ workers, queue })))
  const chaosMs = Math.max(0, (minutes * 60_000) / worlds.length - 2 * HEALTH_MS)
  for (const world of worlds) {
    const length = { servers: 2, chaosMs, healthMs: HEALTH_MS, holdMs: HOLD_MS }
    reports.push(await scheduleChaos({ seed, random, deck, say, signal, ...world, ...length }))
    // What was seen so far is kept when the rest is broken off.
    if (write) await writeSection('schedule', scheduleSection(reports, { seed, missing: deck.missing }))
  }
  const complaints = reports.flatMap((report) => report.complaints)
  process.stdout.write(`\n${chaosTable(reports, deck.missing)}\n\n${told(reports)}\n\n`)
  process.stdout.write(
    complaints.length === 0 ? 'Nothing was wrong.\n' : `${complaints.map(line).join('\n')}\n`,
  )
  return complaints.length === 0
}
