import { expect, test } from 'vitest'
import { clientAddressMissing } from '../../../src/checks/session/client-address-missing.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ADDRESS = '198.51.100.7'

interface Sessions {
  readonly count: number
  readonly ipAddress: string | null
  /** How long before now they were made. */
  readonly ago?: number
  readonly userId?: string
}

async function sessions(db: TestDatabase, { count, ipAddress, ago = MINUTE, userId }: Sessions) {
  const createdAt = new Date(asOf.getTime() - ago)
  const ids: string[] = []
  for (let n = 0; n < count; n += 1) {
    const user = userId === undefined ? {} : { userId }
    ids.push(await db.insert('session', { createdAt, updatedAt: createdAt, ipAddress, ...user }))
  }
  return ids
}

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'warns when new sessions have no client address, whether empty or null (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await sessions(db, { count: 21, ipAddress: ADDRESS })
    const healthy = await runCheck(clientAddressMissing, db, { asOf })
    expect(healthy).toEqual({ state: 'pass', values: { offenders: 0, share: 0 } })

    const ids = [
      ...(await sessions(db, { count: 12, ipAddress: '' })),
      ...(await sessions(db, { count: 7, ipAddress: null, ago: HOUR - 1 })),
    ]
    const few = await runCheck(clientAddressMissing, db, { asOf })
    expect(few).toMatchObject({ state: 'pass', values: { offenders: 19, share: 19 / 40 } })

    ids.push(...(await sessions(db, { count: 1, ipAddress: '' })))
    const verdict = await runCheck(clientAddressMissing, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
    expect(valuesOf(verdict)).toEqual({ offenders: 20, share: 20 / 41 })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual(ids.toSorted())
  },
)

test('a few sessions without an address among many are no fault', async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  await sessions(db, { count: 20, ipAddress: '' })
  await sessions(db, { count: 380, ipAddress: ADDRESS })
  const verdict = await runCheck(clientAddressMissing, db, { asOf })
  expect(verdict).toMatchObject({ state: 'pass', values: { offenders: 20, share: 0.05 } })
})

test('sessions of an hour ago and those of the canary say nothing', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const canary = await db.insert('user')
  await sessions(db, { count: 30, ipAddress: '', ago: HOUR })
  await sessions(db, { count: 30, ipAddress: '', userId: canary })
  const verdict = await runCheck(clientAddressMissing, db, { asOf, canaries: [canary] })
  expect(verdict).toEqual({ state: 'pass', values: { offenders: 0, share: null } })
})

test('a table without addresses is not judged', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const { table, column } = db.physical('session')
  await db.query(`alter table ${table} drop column ${column('ipAddress')}`)
  expect(await runCheck(clientAddressMissing, db, { asOf })).toMatchObject({ state: 'skipped' })
})
