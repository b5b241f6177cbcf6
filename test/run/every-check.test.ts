import { expect, test } from 'vitest'
import type { DatabaseCheck } from '../../src/catalogue/check.ts'
import { checks } from '../../src/checks/index.ts'
import { type Naming, testDatabase } from '../support/database.ts'
import { NAMINGS } from '../support/schemas/index.ts'
import { healthyApplication } from './application.ts'
import { outcomes, watch } from './watch.ts'

const now = new Date('2026-11-23T12:00:00Z')

const needsKeys = ({ id }: DatabaseCheck): boolean => id.startsWith('api_key.')
const needsOrganizations = ({ id }: DatabaseCheck): boolean =>
  id.startsWith('organization.') ||
  id.startsWith('session.active_organization_') ||
  id === 'api_key.owner_without_organization'

function expected(naming: Naming, check: DatabaseCheck): 'pass' | 'skipped' {
  const lacks =
    (naming === 'noApiKey' && needsKeys(check)) || (naming === 'noOrganization' && needsOrganizations(check))
  return lacks ? 'skipped' : 'pass'
}

const expectedOn = (naming: Naming) =>
  Object.fromEntries(checks.map((check) => [check.id, expected(naming, check)]))

test.each(NAMINGS)(
  'every check passes on %s, empty and in good health, or says why it does not apply',
  async (naming) => {
    await using db = await testDatabase(naming, { now })
    await using watched = watch(db.url, { asOf: now })
    expect(outcomes(await watched.verdicts(checks))).toEqual(expectedOn(naming))

    await healthyApplication(db, now)
    const verdicts = await watched.verdicts(checks)
    expect(outcomes(verdicts)).toEqual(expectedOn(naming))
    for (const verdict of verdicts.values()) {
      if (verdict.state === 'skipped')
        expect(verdict.reason).toMatch(/^this database has no (table|column|\w+ table)/)
    }
  },
)

test.each(['camelCase', 'prismaPascal'] as const)(
  'every other check passes on %s when sessions live in secondary storage',
  async (naming) => {
    await using db = await testDatabase(naming, { now })
    await healthyApplication(db, now)
    await db.query(`delete from ${db.physical('session').table}`)
    await using watched = watch(db.url, { asOf: now, policy: { sessionStorage: 'secondary' } })
    const skipping = Object.fromEntries(
      checks.map(({ id }) => [id, id.startsWith('session.') ? 'skipped' : 'pass']),
    )
    // An empty table that sessions do not live in must not look like good health.
    const verdicts = await watched.verdicts(checks)
    expect(outcomes(verdicts)).toEqual(skipping)
    for (const [id, verdict] of verdicts) {
      if (verdict.state === 'skipped')
        expect(verdict.reason, id).toBe('sessions live in secondary storage (policy.sessionStorage)')
    }

    await db.query(`drop table ${db.physical('session').table}`)
    await using later = watch(db.url, { asOf: now, policy: { sessionStorage: 'secondary' } })
    expect(outcomes(await later.verdicts(checks))).toEqual(skipping)
  },
)
