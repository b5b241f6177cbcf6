import { expect, test } from 'vitest'
import { unused } from '../../../src/checks/api-key/unused.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const DAY = 86_400_000
const daysAgo = (days: number, more = 0) => new Date(asOf.getTime() - days * DAY - more)

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'usable keys without a sign of life for ninety days are found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const old = { createdAt: daysAgo(200), updatedAt: daysAgo(200) }
    await db.insert('apiKey', { id: 'new' })
    await db.insert('apiKey', { id: 'just-ninety', createdAt: daysAgo(90), updatedAt: daysAgo(90) })
    await db.insert('apiKey', { id: 'used', ...old, lastRequest: daysAgo(89) })
    await db.insert('apiKey', { id: 'used-without-limiter', createdAt: daysAgo(200), updatedAt: daysAgo(1) })
    await db.insert('apiKey', { id: 'disabled', ...old, enabled: false })
    await db.insert('apiKey', { id: 'expired', ...old, expiresAt: daysAgo(1) })
    expect(await runCheck(unused, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('apiKey', { id: 'never-used', createdAt: daysAgo(90, 1), updatedAt: daysAgo(90, 1) })
    await db.insert('apiKey', { id: 'used-long-ago', ...old, lastRequest: daysAgo(100) })
    const verdict = await runCheck(unused, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'info', values: { offenders: 2 } })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual([
      'never-used',
      'used-long-ago',
    ])
  },
)
