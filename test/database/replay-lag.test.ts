import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { defaultPolicy } from '../../src/catalogue/policy.ts'
import { expiredBacklog } from '../../src/checks/session/expired-backlog.ts'
import { openTarget } from '../../src/run/open-target.ts'
import { type Watch, watching } from '../run/watch.ts'
import { hotStandby } from '../support/standby.ts'

const LIMIT_MS = 1_500

function watchedStandby(url: string): Watch {
  const clock = Date.now
  const options = { name: 'standby', url, policy: defaultPolicy, overrides: {}, clock }
  return watching(openTarget({ ...options, replayLagLimitMs: LIMIT_MS }))
}

test('a standby that has stopped replaying is not judged until it is current again', async () => {
  await using pair = await hotStandby()
  const standby = new pg.Pool({ connectionString: pair.url, max: 1, query_timeout: 5_000 })
  await using watched = watchedStandby(pair.url)
  try {
    await pair.primary.insert('session')
    await pair.caughtUp()
    // Long after the last commit: a primary without traffic is no lag.
    await sleep(2 * LIMIT_MS)
    expect(await watched.verdict(expiredBacklog)).toMatchObject({ state: 'pass', values: { active: 1 } })

    await standby.query('select pg_wal_replay_pause()')
    await pair.primary.insert('session')
    await sleep(LIMIT_MS)
    await expect
      .poll(() => watched.verdict(expiredBacklog), { timeout: 10_000 })
      .toMatchObject({
        state: 'error',
        code: 'ERR_REPLAY_LAG',
        message: expect.stringMatching(/\d+ s behind/),
      })

    await standby.query('select pg_wal_replay_resume()')
    await pair.caughtUp()
    await expect
      .poll(() => watched.verdict(expiredBacklog), { timeout: 10_000 })
      .toMatchObject({ state: 'pass', values: { active: 2 } })
  } finally {
    await standby.end()
  }
}, 60_000)

test('a standby that has lost its primary is only believed for so long', async () => {
  await using pair = await hotStandby()
  await using watched = watchedStandby(pair.url)
  await pair.primary.insert('session')
  await pair.caughtUp()
  expect(await watched.verdict(expiredBacklog)).toMatchObject({ state: 'pass' })
  const standby = new pg.Pool({ connectionString: pair.url, max: 1, query_timeout: 5_000 })
  try {
    await standby.query("alter system set primary_conninfo = ''")
    await standby.query('select pg_reload_conf()')
    await expect
      .poll(() => watched.verdict(expiredBacklog), { timeout: 10_000 })
      .toMatchObject({ state: 'error', code: 'ERR_REPLAY_LAG' })
  } finally {
    await standby.end()
  }
}, 60_000)
