import { expect, test } from 'vitest'
import { createClient } from '../../../src/demo/client.ts'
import { readShownSession } from '../../../src/diagnose/facts/shown-session.ts'
import { sessionDiagnosis } from '../../../src/diagnose/questions/session.ts'
import { runDiagnosis } from '../../../src/diagnose/run-diagnosis.ts'
import { watch } from '../../run/watch.ts'
import { testDatabase } from '../../support/database.ts'
import { tokenOf } from '../diagnosed-crm.ts'
import { APP, type AskedCrm } from './asked-crm.ts'
import { expectCause, expectHealthy } from './expect-cause.ts'

/** What is wrong with the row of a session. */
export function sessionCauses(ask: () => AskedCrm): void {
  test('signed out: the session has expired in the database', async () => {
    const { crm, session, user } = ask()
    const row = { table: 'session', id: crm.probes.canary.sessionId }
    await crm.whileRow(
      { ...row, sql: `update session set expires_at = now() - interval '3 hours' where id = $1` },
      async () => {
        const seen = await session()
        expectCause(seen, {
          cause: /expired in the database 3 h ago/,
          fix: /sign in again/,
          link: 'a-user-was-signed-out',
        })
        expect(seen.code).toBe(1)
        expect(seen.steps.at(-1)?.evidence).toMatch(/not asked/)
        expect((await user()).cause?.cause).toMatch(/The last session of .* expired 3 h ago/)
      },
    )
    await crm.whileRow({ ...row, sql: 'delete from session where id = $1' }, async () => {
      expectCause(await session(), {
        cause: /There is no such session/,
        fix: /sign in again/,
        link: 'a-user-was-signed-out',
      })
    })
  })

  test('signed out: the session is gone, and its cookie cache is believed for some minutes more', async () => {
    const { crm, session } = ask()
    const { canary, fleet } = crm.probes
    const client = createClient({ origin: APP, address: '198.18.2.2' })
    const { url } = fleet.server('crm-a')
    await client.call(`${url}/api/auth/sign-in/email`, {
      json: { email: canary.email, password: canary.password },
    })
    const header = `Cookie: ${client.cookieHeader()}`
    expectHealthy(await session(header))
    const value = /better-auth-session=([^;]+)/.exec(header)?.[1] ?? ''
    await crm.probes.sql('delete from session where token = $1', [tokenOf(value)])
    const seen = await session(header)
    expect(seen.cause?.cause).toMatch(/There is no such session/)
    const cache = seen.steps.find(({ question }) => /cookie cache/.test(question))
    expect(cache).toMatchObject({ sign: 'bad', severity: 'info' })
    expect(cache?.evidence).toMatch(/^its cache is believed until \d{4}-/)
    expect(JSON.stringify(seen)).not.toContain(tokenOf(value))
  })

  test('a session that the servers know and the database does not is of another database', async () => {
    const { crm } = ask()
    await using empty = await testDatabase()
    await using watched = watch(empty.url)
    const { canary, watched: fleet } = crm.probes
    const shown = readShownSession(canary.session, fleet.policy.cookie)
    const report = await runDiagnosis(await sessionDiagnosis({ target: watched.target, fleet, shown }))
    expect(report.cause?.cause).toMatch(/The servers know the session, and this database does not/)
    expect(report.cause?.fix.say).toMatch(/DATABASE_URL/)
  })
}
