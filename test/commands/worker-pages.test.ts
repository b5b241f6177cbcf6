import { expect, test } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { errored, failed, minutesAgo, passed } from '../results/sample-results.ts'
import { stateDatabase } from '../results/state-database.ts'
import { testDatabase } from '../support/database.ts'
import { onlyChecks, startServe } from '../support/worker.ts'

const CHECK = 'session.expired_backlog'
const WITHIN = { timeout: 20_000, interval: 200 }

test('a worker that has just started shows the runs and offenders from before', {
  timeout: 120_000,
}, async () => {
  await using application = await testDatabase()
  await using state = await stateDatabase()
  const place = { check: CHECK, target: 'app' } as const
  {
    await using store = await openState(state)
    const before = [
      passed({ ...place, at: minutesAgo(9) }),
      failed({ ...place, at: minutesAgo(8), keys: ['an-old-row'] }),
      errored({ ...place, at: minutesAgo(7) }),
    ]
    for (const result of before) await store.save([result], { worker: 'the one before' })
  }
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url }
  await using worker = await startServe({ env, config: { checks: onlyChecks([CHECK], { every: '5m' }) } })
  const page = async () => (await fetch(`${worker.url}/checks/${CHECK}`)).text()
  // Those from before, and its own.
  await expect.poll(page, WITHIN).toContain('Last 4 runs: 2 pass, 1 fail, 1 error; offenders 0 to 1')
  expect(await page()).toMatch(/<code>an-old-row<\/code><span class="quiet">resolved/)
})
