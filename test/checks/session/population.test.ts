import { expect, test } from 'vitest'
import { population } from '../../../src/checks/session/population.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'counts each live session in the one age it has (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const empty = { under5m: 0, under1h: 0, under24h: 0, under7d: 0, over7d: 0 }
    expect(await runCheck(population, db, { asOf })).toEqual({ state: 'pass', values: empty })

    // A server whose clock is ahead, then the last instant of each age and the first of the next.
    const ages = [
      -MINUTE,
      5 * MINUTE - 1,
      5 * MINUTE,
      HOUR - 1,
      HOUR,
      DAY - 1,
      DAY,
      7 * DAY - 1,
      7 * DAY,
      90 * DAY,
    ]
    for (const age of ages) await db.insert('session', { createdAt: new Date(asOf.getTime() - age) })
    await db.insert('session', { createdAt: asOf, expiresAt: asOf })
    const each = { under5m: 2, under1h: 2, under24h: 2, under7d: 2, over7d: 2 }
    expect(await runCheck(population, db, { asOf })).toEqual({ state: 'pass', values: each })
  },
)
