import { type ScanScope, scanCheck } from '../../catalogue/check.ts'
import { type Duration, seconds } from '../../catalogue/duration.ts'
import { later } from '../../catalogue/later.ts'
import { type Sql, sql } from '../../database/sql.ts'

/** Any difference below this is the time the code takes between two readings of its clock. */
const SLACK: Duration = '1m'
/** What better-auth gives a session whose user does not want to be remembered, whatever `expiresIn` says (1.7). */
const NOT_REMEMBERED: Duration = '1d'
/** Short sessions are looked for among those created within this time, so that an alert ends when the fault does. */
const RECENT: Duration = '1h'

/** A refresh sets `expiresAt` and `updatedAt` anew, so the life it granted counts from the later of the two. */
function isTooLong({ col, policy }: ScanScope<'session'>): Sql {
  const longest = seconds(policy.sessionLifetime) + seconds(SLACK)
  const isLongFrom = (time: Sql) => sql`${col.expiresAt} > ${later(time, longest)}`
  return sql`${isLongFrom(col.createdAt)} and (${col.updatedAt} is null or ${isLongFrom(col.updatedAt)})`
}

/** No update brings `expiresAt` nearer, so what is missing from creation on was never granted. */
function isTooShort({ col, has, ago, policy }: ScanScope<'session'>): Sql {
  const shortest = seconds(policy.sessionLifetime) - seconds(SLACK)
  const impersonated = has('impersonatedBy') ? sql`${col.impersonatedBy} is not null` : sql`false`
  return sql`${col.createdAt} > ${ago(RECENT)}
    and ${col.expiresAt} < ${later(col.createdAt, shortest)}
    and not ${impersonated}`
}

function isNotRemembered({ col }: ScanScope<'session'>): Sql {
  const from = later(col.createdAt, seconds(NOT_REMEMBERED) - seconds(SLACK))
  const until = later(col.createdAt, seconds(NOT_REMEMBERED) + seconds(SLACK))
  return sql`${col.expiresAt} between ${from} and ${until}`
}

/**
 * One server with another `session.expiresIn` signs its users out early, and each of them only when that server
 * served the sign-in or the refresh. Impersonation has a lifetime of its own, which may be shorter.
 */
export const lifetimeOutOfPolicy = scanCheck({
  id: 'session.lifetime_out_of_policy',
  title: 'Live sessions were made to last longer or shorter than the policy says',
  every: '1m',
  timeout: '10s',
  table: 'session',
  // In this order: what is wrong with hardly any session is asked of hardly any.
  offenders: (scope) =>
    sql`${scope.col.expiresAt} > ${scope.asOf} and (${isTooLong(scope)} or (${isTooShort(scope)}))
        and not (${isNotRemembered(scope)})`,
  show: ['id', 'userId', 'createdAt', 'updatedAt', 'expiresAt'],
  fix: { decide: "Which lifetime is right, the server's or the policy's? Correct the other." },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '10m',
      summary: 'A server issues sessions with another lifetime than the policy says',
    },
  ],
})
