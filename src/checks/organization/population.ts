import { gauge, queryCheck } from '../../catalogue/check.ts'
import { organizationMembers, organizations } from '../../catalogue/families/organization.ts'
import { sql } from '../../database/sql.ts'

export const population = queryCheck({
  id: 'organization.population',
  title: 'Organizations and their members',
  every: '5m',
  timeout: '10s',
  gauges: {
    organizations: gauge(organizations, {}),
    members: gauge(organizationMembers, {}),
  },
  measure: ({ table }) => {
    const o = table('organization', 'o')
    const m = table('member', 'm')
    return sql`
      select (select count(*) from ${o.from}) as "organizations", (select count(*) from ${m.from}) as "members"`
  },
  alerts: { none: 'How many there are is context for the other checks; no number of them is wrong.' },
})
