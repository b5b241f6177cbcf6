import { expect, test } from 'vitest'
import type { DatabaseCheck } from '../../src/catalogue/check.ts'
import { expiredBacklog } from '../../src/checks/session/expired-backlog.ts'
import { population } from '../../src/checks/session/population.ts'
import { userMissing } from '../../src/checks/session/user-missing.ts'
import { population as users } from '../../src/checks/user/population.ts'
import { planUnits } from '../../src/scan/plan.ts'

const planned = (checks: readonly DatabaseCheck[]) =>
  planUnits(checks).map(({ id, every, checks }) => ({ id, every, checks: checks.map((check) => check.id) }))

test('scan checks over one table and schedule share a unit, and every other check stands alone', () => {
  expect(planned([userMissing, expiredBacklog, users, population])).toEqual([
    { id: 'scan.session.60s', every: '1m', checks: ['session.expired_backlog', 'session.population'] },
    { id: 'scan.user.300s', every: '5m', checks: ['user.population'] },
    { id: 'session.user_missing', every: '5m', checks: ['session.user_missing'] },
  ])
})

test('two spellings of one schedule are one schedule', () => {
  const everySixtySeconds: DatabaseCheck = { ...population, every: '60s' }
  const everyHour: DatabaseCheck = { ...users, every: '1h' }
  expect(planned([expiredBacklog, everySixtySeconds, everyHour]).map(({ id }) => id)).toEqual([
    'scan.session.60s',
    'scan.user.3600s',
  ])
})

test('a unit keeps its id while checks join and leave', () => {
  expect(planned([population])[0]?.id).toBe(planned([expiredBacklog, population])[0]?.id)
})

test('no check is lost and none is run twice', () => {
  const some = [population, userMissing, users, expiredBacklog]
  const run = planUnits(some).flatMap(({ checks }) => checks.map(({ id }) => id))
  expect(run.toSorted()).toEqual(some.map(({ id }) => id).toSorted())
  expect(planned([])).toEqual([])
})
