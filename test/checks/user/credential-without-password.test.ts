import { expect, test } from 'vitest'
import { credentialWithoutPassword } from '../../../src/checks/user/credential-without-password.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'names password accounts without a password (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    const userId = await db.insert('user')
    await db.insert('account', { userId })
    await db.insert('account', { userId, providerId: 'google', accountId: '117', password: null })

    const healthy = await runCheck(credentialWithoutPassword, db)
    expect(healthy).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('account', { id: 'a', userId, password: null })
    await db.insert('account', { id: 'b', userId, password: '' })
    const verdict = await runCheck(credentialWithoutPassword, db)
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
    expect(valuesOf(verdict)).toEqual({ offenders: 2 })
    expect(
      verdict.state === 'fail' && verdict.findings.map(({ key, detail }) => [key, detail.userId]),
    ).toEqual([
      ['a', userId],
      ['b', userId],
    ])
  },
)
