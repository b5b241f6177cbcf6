import { expect, test } from 'vitest'
import { seededRandom } from './schedule/random.ts'
import { redisFaults } from './schedule/redis-faults.ts'
import { scheduleChaos } from './schedule/schedule-chaos.ts'
import { workerFaults } from './schedule/worker-faults.ts'

const SEED = 7

/** The long form is `npm run chaos -- schedule`: every fault there is, by chance, with one, two and four workers. */
test('two workers keep the schedule while one is killed and Redis is stopped, and say so', {
  timeout: 180_000,
}, async () => {
  const named = (name: string) => [...redisFaults, ...workerFaults].find((fault) => fault.name === name)!
  const report = await scheduleChaos({
    ...{ seed: SEED, random: seededRandom(SEED), workers: 2, servers: 1, queue: 'redis' },
    deck: { deal: () => [named('worker killed'), named('Redis stopped')] },
    ...{ chaosMs: 60_000, episodes: 1, healthMs: 3_000, holdMs: 2_000 },
    say: () => {},
    signal: AbortSignal.timeout(170_000),
  })
  expect(report.complaints).toEqual([])
  expect(report.rows.map(({ fault }) => fault)).toEqual(['worker killed', 'Redis stopped'])
  expect(
    report.rows.every(({ seenAfter, recoveredAfter }) => seenAfter !== null && recoveredAfter !== null),
  ).toBe(true)
  expect(report).toMatchObject({ alone: 0, dropped: 0 })
  // Two of each worker, every second.
  expect(report.pages).toBeGreaterThan(20)
})
