import { setTimeout as sleep } from 'node:timers/promises'
import { checks } from '../src/checks/index.ts'
import { planUnits } from '../src/scan/plan.ts'
import { openBenchTarget, runAll } from './variants.ts'

/** What the process that runs cycles says of itself. Bytes, as the system counts them. */
export interface Cycles {
  readonly count: number
  readonly before: number
  readonly most: number
  readonly after: number
}

const SAMPLE_MS = 20

/** Runs whole cycles until it is told to pause, in a process of its own as a worker does. */
async function main(): Promise<void> {
  await using target = openBenchTarget(process.env.DATABASE_URL ?? '')
  const units = planUnits(checks)
  // From then on it knows what is long.
  await runAll(target, units)
  let running = false
  let ended = false
  let most = 0
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, SAMPLE_MS)
  process.on('message', (message) => {
    running = message === 'run'
    ended = message === 'end'
  })
  process.send?.({ ready: true })
  while (!ended) {
    if (!running) {
      await sleep(SAMPLE_MS)
      continue
    }
    const before = process.memoryUsage.rss()
    most = before
    let count = 0
    while (running && !ended) {
      await runAll(target, units)
      count += 1
    }
    process.send?.({ count, before, most, after: process.memoryUsage.rss() } satisfies Cycles)
  }
  clearInterval(sampling)
  process.disconnect()
}

if (process.send !== undefined) await main()
