import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { Result, State, Verdict } from '../../src/catalogue/result.ts'
import { sharedClock } from '../../src/schedule/shared-clock.ts'
import { stateDatabase } from '../results/state-database.ts'
import { startRedis } from '../support/redis.ts'
import { benchWorker, TARGET, unitEvery } from './bench-workers.ts'

vi.setConfig({ testTimeout: 120_000 })

const MINUTE_MS = 60_000
const SIX_HOURS_MS = 360 * MINUTE_MS
/** Ten days ago, so that no tick is ahead of the database's own clock. */
const BEGIN = (Math.floor(Date.now() / SIX_HOURS_MS) - 40) * SIX_HOURS_MS
/** Long enough for a look that comes once a second. */
const LOOK_MS = 1_300
const RUN_MS = 20_000

const VERDICTS: Readonly<Record<State, Verdict>> = {
  pass: { state: 'pass', values: {} },
  fail: { state: 'fail', values: {}, severity: 'critical', summary: 'broken', findings: [] },
  error: { state: 'error', code: 'ERR_UNREACHABLE', message: 'away' },
  skipped: { state: 'skipped', reason: 'does not apply' },
}

/** Two workers share a check of every six hours. Their time, and what the check finds, are what the test says. */
async function watchForADay(redisUrl?: string): Promise<void> {
  await using state = await stateDatabase()
  let time = BEGIN
  let finds: State = 'pass'
  let runs = 0
  const execute = async (): Promise<readonly Result[]> => {
    runs += 1
    // No two at the same instant: they would be stored as one.
    const startedAt = time + runs
    return [{ check: 'user.population', target: TARGET, startedAt, durationMs: 1, verdict: VERDICTS[finds] }]
  }
  const clock = sharedClock({ wall: () => time, monotonic: () => time })
  const common = { state, unit: unitEvery('6h'), execute, clock, ...(redisUrl ? { redisUrl } : {}) }
  await using one = await benchWorker({ ...common, name: 'one' })
  await using two = await benchWorker({ ...common, name: 'two' })
  const stored = async () => {
    const rows = await state.query('select tick, state from check_run order by tick')
    return rows.map((row) => [(new Date(String(row.tick)).getTime() - BEGIN) / MINUTE_MS, row.state])
  }
  const looks: (readonly [number, State])[] = []
  const quietAt = async (minute: number) => {
    time = BEGIN + minute * MINUTE_MS
    await sleep(LOOK_MS)
    expect(await stored()).toEqual(looks)
  }
  const looksAt = async (minute: number, found: State) => {
    finds = found
    looks.push([minute, found])
    time = BEGIN + minute * MINUTE_MS
    await vi.waitFor(async () => expect(await stored()).toEqual(looks), { timeout: RUN_MS, interval: 200 })
    await one.learn()
    await two.learn()
  }

  time = BEGIN + 1_000
  one.start()
  two.start()
  await looksAt(0, 'pass')
  await quietAt(5)
  await quietAt(355)

  await looksAt(360, 'fail')
  await quietAt(364)
  await looksAt(365, 'fail')
  await looksAt(370, 'error')
  await quietAt(374)
  await looksAt(375, 'pass')
  await quietAt(380)
  await looksAt(720, 'skipped')
  await quietAt(725)

  expect(runs).toBe(looks.length)
  expect([...one.skipped, ...two.skipped]).toEqual([])
}

test.concurrent('workers on Redis look again soon at what failed, until it passes, and no oftener at what does', async () => {
  await using redis = await startRedis()
  await watchForADay(redis.url)
})

test.concurrent('workers on PostgreSQL look again soon at what failed, until it passes, and no oftener at what does', async () => {
  await watchForADay()
})
