import { expect, test } from 'vitest'
import { checks } from '../../../src/checks/index.ts'
import { watch } from '../../run/watch.ts'
import { testDatabase } from '../../support/database.ts'

const ofSessions = checks.filter(({ id }) => id.startsWith('session.'))

test('where sessions live elsewhere, an empty table is not taken for good health', async () => {
  await using db = await testDatabase()
  await using here = watch(db.url)
  const states = [...(await here.verdicts(ofSessions)).values()].map(({ state }) => state)
  expect(states).toEqual(ofSessions.map(() => 'pass'))

  await using elsewhere = watch(db.url, { policy: { sessionStorage: 'secondary' } })
  for (const [id, verdict] of await elsewhere.verdicts(ofSessions))
    expect(verdict, id).toEqual({
      state: 'skipped',
      reason: 'sessions live in secondary storage (policy.sessionStorage)',
    })
})
