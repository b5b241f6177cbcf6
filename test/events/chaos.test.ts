import { expect, test } from 'vitest'
import { ingestChaos } from '../chaos/ingest-chaos.ts'
import { judgeIngest } from '../chaos/judge-ingest.ts'
import { total } from '../chaos/storm.ts'

/** The long form is `npm run chaos -- ingest`: a million events, 20 kills, and Redis restarts as well. */
test('what four servers sent is counted to the unit, though the worker is killed and the state database restarts', {
  timeout: 240_000,
}, async () => {
  const report = await ingestChaos({
    ...{ events: 100_000, kills: 4, stateRestarts: 1, redisRestarts: 0 },
    onProgress: () => {},
  })
  expect(total(report.sent.events)).toBe(100_000)
  expect(judgeIngest(report)).toEqual([])
  // The faults were felt, or nothing was shown.
  expect(report.refusals.unreachable).toBeGreaterThan(4)
  expect(report.batches).toBeGreaterThan(50)
})
