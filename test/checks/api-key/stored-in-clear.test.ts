import { expect, test } from 'vitest'
import { storedInClear } from '../../../src/checks/api-key/stored-in-clear.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
/** As long as the plugin's own keys. */
const clear = 'k'.repeat(64)

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'usable keys in another form than the hash are found, and never shown (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('apiKey')
    await db.insert('apiKey', { key: 'h'.repeat(43) })
    await db.insert('apiKey', { key: clear, enabled: false })
    await db.insert('apiKey', { key: '' })
    expect(await runCheck(storedInClear, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('apiKey', { id: 'clear', key: clear })
    await db.insert('apiKey', { id: 'one-longer', key: 'h'.repeat(44), enabled: null })
    const verdict = await runCheck(storedInClear, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 2 } })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual([
      'clear',
      'one-longer',
    ])
    expect(JSON.stringify(verdict)).not.toContain(clear)
  },
)
