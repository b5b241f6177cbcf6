import { expect, test } from 'vitest'
import type { AskedCrm } from './asked-crm.ts'
import { expectCause } from './expect-cause.ts'

/** Why a person cannot sign in, or reach an organization. */
export function userCauses(ask: () => AskedCrm): void {
  test('a user does not have access to an organization, or has none', async () => {
    const { crm, user } = ask()
    const { userId, tenant, tenantId, foreignTenant, foreignTenantId } = crm.probes.canary
    expectCause(await user(foreignTenant), {
      cause: new RegExp(`The user ${userId} is no member of borealis`),
      fix: new RegExp(`'${userId}', '${foreignTenantId}', 'member'`),
      link: 'a-user-cannot-reach-an-organization',
    })
    expectCause(await user('Acme'), {
      cause: /spelled "acme"/,
      fix: /x-tenant-id: acme/,
      link: 'authwatchorganizationslugambiguous',
    })
    expectCause(await user('nowhere'), {
      cause: /There is no organization "nowhere"/,
      fix: /renamed or deleted/,
      link: 'a-user-cannot-reach-an-organization',
    })
    const [member] = await crm.probes.sql('select id from member where user_id = $1', [userId])
    await crm.whileRow(
      { table: 'member', id: String(member?.id), sql: 'delete from member where id = $1' },
      async () => {
        const none = {
          cause: /"User has no organization"/,
          fix: /insert into member/,
          link: 'authwatchorganizationuserswithoutmembership',
        }
        expectCause(await user(), none)
        expectCause(await user(tenant), none)
        expect(tenantId).not.toBe('')
      },
    )
  })

  test.each([
    ['banned = true', /is banned without an end/, /set banned = false/, 'a-user-cannot-sign-in'],
    [
      `email = upper(email)`,
      /stored with capitals/,
      /set email = lower\(email\)/,
      'authwatchuserduplicateemail',
    ],
  ])('a user cannot sign in: %s', async (set, cause, fix, link) => {
    const { crm, user } = ask()
    const { userId: id } = crm.probes.canary
    await crm.whileRow({ table: '"user"', id, sql: `update "user" set ${set} where id = $1` }, async () => {
      expectCause(await user(), { cause, fix, link, severity: 'critical' })
    })
  })

  test('a user cannot sign in: there is none, or no password', async () => {
    const { crm, user } = ask()
    const nobody = await crm.diagnose({ about: 'user', who: 'nobody@example.com', org: undefined })
    expectCause(nobody, { cause: /There is no such user/, fix: /address/, link: 'a-user-cannot-sign-in' })
    const [account] = await crm.probes.sql('select id from account where user_id = $1', [
      crm.probes.canary.userId,
    ])
    const row = {
      table: 'account',
      id: String(account?.id),
      sql: 'update account set password = null where id = $1',
    }
    await crm.whileRow(row, async () => {
      const seen = await user()
      expectCause(seen, {
        cause: /has no password/,
        fix: /password reset/,
        link: 'authwatchusercredentialwithoutpassword',
      })
    })
  })
}
